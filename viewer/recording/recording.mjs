// A recording that is open: its blocks, those that were read last, and what is wrong with it.

import { load } from "./block.mjs";
import { open } from "./source.mjs";

/** So many events are kept in memory: some 80 bytes each. */
const KEPT = 1 << 20;

export class Recording {
  static async open(files) {
    const { blocks, problems, finished } = await open(files);
    return new Recording(files, blocks, problems, finished);
  }

  constructor(files, blocks, problems, finished) {
    Object.assign(this, { files, problems, finished, cache: new Map(), kept: 0 });
    this.lookForGaps(blocks);
    // What holds nothing but what others have said is of no use here.
    blocks = this.blocks = blocks.filter((block) => block.events > 0);
    const least = (of, other) => (other < of ? other : of);
    /** What times count from. */
    this.origin = blocks.reduce((all, { earliest }) => least(all, earliest), blocks[0]?.earliest ?? 0n);
    this.numbers = [...new Set(blocks.map((block) => block.recording))];
    for (const block of blocks) {
      block.of = this.numbers.indexOf(block.recording);
      block.from = Number(block.earliest - this.origin);
      block.begins = Number(block.first - this.origin);
      block.to = Number(block.last - this.origin);
    }
    this.length = blocks.reduce((all, { to }) => Math.max(all, to), 1);
    this.events = blocks.reduce((sum, block) => sum + block.events, 0);
  }

  /** Whether something is missing in the midst: a file that is cut off lacks but its end. */
  get torn() {
    return this.problems.some(({ file, to }) => !this.files.some(({ name, size }) => (name ?? "") === file && size === to));
  }

  /** Blocks are numbered: where numbers are missing between others, blocks are. */
  lookForGaps(blocks) {
    const lost = new Map(), last = new Map();
    const numbers = blocks.map(({ recording, sequence }) => [recording, sequence]).sort((a, b) => (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
    for (const [recording, sequence] of numbers) {
      const gap = last.has(recording) ? sequence - last.get(recording) - 1n : 0n;
      if (gap > 0n) lost.set(recording, (lost.get(recording) ?? 0n) + gap);
      last.set(recording, sequence);
    }
    for (const blocks of lost.values()) {
      this.problems.push({ file: "", from: 0, to: -1, problem: `${blocks} blocks are missing between others: a file was left out, or removed` });
    }
  }

  /** A block; nothing where it can't be read, which is one of the problems then. */
  async block(index, keep = true) {
    const found = this.cache.get(index);
    if (found !== undefined) {
      // What was used last is last.
      this.cache.delete(index);
      this.cache.set(index, found);
      return found;
    }
    const entry = this.blocks[index];
    if (entry.bad) return null;
    try {
      const block = await load(this.files[entry.file], entry, this.origin);
      if (keep || this.kept + block.count <= KEPT) this.keep(index, block);
      return block;
    } catch (error) {
      entry.bad = true;
      const file = this.files[entry.file].name ?? "";
      this.problems.push({ file, from: entry.offset, to: entry.offset + entry.length, problem: error.message, lost: entry.events });
      return null;
    }
  }

  keep(index, block) {
    this.cache.set(index, block);
    this.kept += block.count;
    for (const [first, old] of this.cache) {
      if (this.kept <= KEPT || first === index) break;
      this.cache.delete(first);
      this.kept -= old.count;
    }
  }

  /** The blocks that say something of a time, and how many events they have. */
  within(from, to) {
    const found = [];
    let events = 0;
    this.blocks.forEach((block, index) => {
      if (block.bad || block.from > to || block.to < from) return;
      found.push(index);
      events += block.events;
    });
    return { found, events };
  }
}
