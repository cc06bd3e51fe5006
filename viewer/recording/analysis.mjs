// Passes over all events once, block by block: what is wrong, and the levels that are shown where single events are too small to be seen.

import { Levels } from "./levels.mjs";
import { Engine } from "./rules/engine.mjs";
import { findings, notes } from "./rules/findings.mjs";
import { Parts } from "./rules/queues.mjs";

/** So many blocks of a recording may overlap; beyond that order is given up. */
const MOST_OPEN = 64;

/** The events of a recording's blocks in the order of their time. Blocks are given by their first event. */
class InOrder {
  constructor(engine) {
    Object.assign(this, { engine, open: [] });
  }

  /** Takes a block, and tells the engine of all events before the next one's first. */
  add(block, next) {
    this.open.push({ block, order: block.ordered(), at: 0, due: 0 });
    if (this.open.length > MOST_OPEN) next = Infinity;
    for (;;) {
      this.open = this.open.filter((one) => one.at < one.order.length);
      let [first, other] = [null, Infinity];
      for (const one of this.open) {
        one.due = one.block.time[one.order[one.at]];
        if (!first || one.due < first.due) [first, other] = [one, first?.due ?? Infinity];
        else other = Math.min(other, one.due);
      }
      if (!first || first.due >= next) return;
      // Those of one block as long as none of another's comes before them.
      const { block, order } = first;
      do this.engine.add(block, order[first.at++]);
      while (first.at < order.length && block.time[order[first.at]] < Math.min(other, next));
    }
  }
}

export class Analysis {
  constructor(recording) {
    this.recording = recording;
    const parts = new Parts(0, recording.length);
    this.engines = recording.numbers.map(() => new Engine(parts));
    this.orders = this.engines.map((engine) => new InOrder(engine));
    this.levels = new Levels(recording);
    this.done = 0;
  }

  /** Reads the next block; says whether there was one. */
  async step() {
    const { recording } = this;
    if (this.done >= recording.blocks.length) return false;
    const index = this.done++;
    const entry = recording.blocks[index];
    let following = this.done;
    while (following < recording.blocks.length && recording.blocks[following].of !== entry.of) following++;
    const next = recording.blocks[following]?.begins ?? Infinity;
    const block = await recording.block(index, false);
    const engine = this.engines[entry.of];
    if (block) {
      engine.names.learn(block);
      this.levels.add(block, entry.of, index);
      this.orders[entry.of].add(block, next);
    }
    if (this.done === recording.blocks.length) this.engines.forEach((engine) => engine.finish());
    return true;
  }

  /** Once all was read. */
  result() {
    const { torn } = this.recording;
    const found = this.engines.flatMap((engine, of) => findings(engine, torn).map((finding) => ({ ...finding, of })));
    return { findings: found, notes: this.engines.flatMap((engine) => notes(engine, torn)) };
  }
}
