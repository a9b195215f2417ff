// What passing something on means.

export interface Sharing {
  /** Hands a page of ours to somebody, by the system's sheet, the vendor's menu, or as a copied address. */
  page(title: string, path: string): Promise<void>;
  /** Keeps a picture on the person's device. Refuses in words when it is not allowed. */
  saveImage(file: string, name: string): Promise<void>;
}
