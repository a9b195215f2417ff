// Places on the map, in GCJ-02 where the vendor knows it.

export interface Spot {
  lat: number;
  lng: number;
}

export interface Locating {
  /** Where the person is, if they agree; null when they do not or nobody knows. */
  whereAmI(): Promise<Spot | null>;
  /** The vendor's own page to choose a place; absent where we draw the map ourselves. */
  choosePlace?(from: Spot | null): Promise<Spot | null>;
  showTheWay(spot: Spot, name: string, address: string): void;
}
