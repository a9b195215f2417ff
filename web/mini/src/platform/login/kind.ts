// What signing in with the vendor's own account means.

export interface VendorLogin {
  /** Whether one press signs in here: the vendor gives a code and our server can exchange it. */
  offered: boolean;
  /** Whether the vendor's own button can hand over the phone number. */
  phone_button: boolean;
  /** The one-time code for the server; refuses in words where there is none. */
  code(): Promise<string>;
}
