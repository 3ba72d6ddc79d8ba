/** The operator's name and logo, a JPEG, at the head of printed documents; each is null if the operator has set none. */
export interface Letterhead {
  name: string | null;
  logo: Uint8Array | null;
}
