/** The thing to add is on file already. */
export class Duplicate extends Error {
  override name = 'Duplicate';
  constructor(readonly existingId: string) {
    super('it is on file already');
  }
}
