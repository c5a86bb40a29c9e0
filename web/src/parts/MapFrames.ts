/** Values of all places, step by step: fetched in stretches, and the next before it is needed. */

/** Numbers in one stretch. */
const STRETCH = 1_000_000;
const LONGEST = 500;
/** Stretches that are kept; the one that was looked at longest ago is let go. */
const KEPT = 6;

export type Load = (first: number, count: number) => Promise<Float32Array>;

export class Frames {
  /** Steps of a stretch. */
  readonly length: number;
  private readonly kept = new Map<number, Float32Array>();
  private readonly coming = new Map<number, Promise<void>>();

  constructor(
    readonly places: number,
    readonly steps: number,
    private readonly load: Load,
    numbers = STRETCH,
  ) {
    this.length = Math.max(1, Math.min(LONGEST, steps, Math.floor(numbers / Math.max(places, 1))));
  }

  /** The values of a step; null where they have not come yet. */
  at(step: number): Float32Array | null {
    const number = Math.floor(step / this.length);
    const stretch = this.kept.get(number);
    if (!stretch) return null;
    this.kept.delete(number);
    this.kept.set(number, stretch);
    const begin = (step - number * this.length) * this.places;
    return begin + this.places <= stretch.length ? stretch.subarray(begin, begin + this.places) : null;
  }

  /** Fetch a step, and what comes after it. */
  async need(step: number): Promise<void> {
    const number = Math.floor(step / this.length);
    const wanted = this.stretch(number);
    const next = number + 1 < Math.ceil(this.steps / this.length) ? this.stretch(number + 1) : undefined;
    // what is fetched ahead may fail: it is asked for again when it is needed
    next?.catch(() => undefined);
    await wanted;
  }

  private stretch(number: number): Promise<void> {
    if (this.kept.has(number)) return Promise.resolve();
    const first = number * this.length;
    const coming =
      this.coming.get(number) ??
      this.load(first, Math.min(this.length, this.steps - first))
        .then((values) => this.keep(number, values))
        .finally(() => this.coming.delete(number));
    this.coming.set(number, coming);
    return coming;
  }

  private keep(number: number, values: Float32Array): void {
    this.kept.set(number, values);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
  }
}
