// The part of the recording that is in sight, in nanoseconds since its beginning.

/** No less than this is shown. */
const LEAST = 100;

export class View {
  constructor(length) {
    this.length = length;
    // Of what is longer than a day, Numbers are too coarse for that.
    this.least = Math.max(LEAST, length * 1e-12);
    /** A little more than all, so that nothing lies on the edge. */
    this.whole = { from: -length * 0.01, to: length * 1.01 };
    this.set(this.whole.from, this.whole.to);
  }

  get time() {
    return this.to - this.from;
  }

  set(from, to) {
    const most = this.whole.to - this.whole.from;
    const time = Math.min(most, Math.max(this.least, to - from));
    const middle = (from + to) / 2;
    this.from = Math.min(this.whole.to - time, Math.max(this.whole.from, middle - time / 2));
    this.to = this.from + time;
  }

  all() {
    this.set(this.whole.from, this.whole.to);
  }

  /** By a factor, while what is at a place stays there. */
  zoom(factor, at = (this.from + this.to) / 2) {
    const most = this.whole.to - this.whole.from;
    const bounded = Math.min(most, Math.max(this.least, this.time * factor)) / this.time;
    this.set(at - (at - this.from) * bounded, at + (this.to - at) * bounded);
  }

  /** By a share of what is in sight. */
  move(share) {
    this.set(this.from + this.time * share, this.to + this.time * share);
  }

  /** So that this is in sight, with something around it. */
  show(start, end) {
    const around = Math.max((end - start) * 0.6, 1e5);
    this.set(start - around, end + around);
  }
}
