// Bugs planted on purpose, each by name: a simulation that catches nothing proves nothing. They replace methods of the built classes;
// nothing of them is in the sources.

import { code } from './code.mjs';

/** Replaces a method: `made` is given what was there, and what it returns stands in its place. */
function patch(owner, name, made) {
  const before = owner?.[name];
  if (typeof before !== 'function') throw new Error(`there is no ${name} to plant a bug in`);
  owner[name] = made(before);
}

const prototypes = () => ({
  hub: code.Hub.prototype,
  journal: code.Journal.prototype,
  collector: code.Collector.prototype,
  lane: code.Lane.prototype,
  sequence: code.Sequence.prototype,
  session: code.Session.prototype,
  sweeper: code.SpoolSweeper.prototype,
  spool: code.EmitterSpool.prototype,
  queue: code.EventQueue.prototype,
  flight: code.InFlight.prototype,
  held: code.HeldBytes.prototype,
  indexer: code.Indexer.prototype,
});

/** Name → the kinds of fault that are played to find it (none named: whatever the seed chooses), and what plants it. */
export const PLANTS = {
  'an event is acknowledged before its commit': [
    '',
    ({ collector }) =>
      patch(
        collector,
        'accept',
        (accept) =>
          function planted(lane, ...rest) {
            const verdict = accept.call(this, lane, ...rest);
            lane.owner?.acknowledge(lane, lane.sequence.contiguous, undefined);
            return verdict;
          },
      ),
  ],
  'a mark is one too high': [
    '',
    ({ lane }) =>
      patch(
        lane,
        'mark',
        (mark) =>
          function planted() {
            const made = mark.call(this);
            return { ...made, contiguous: made.contiguous + 1 };
          },
      ),
  ],
  'a mark is one too low when it is read again': [
    '',
    () =>
      patch(
        code.Sequence,
        'from',
        (from) => (snapshot) => from.call(code.Sequence, { ...snapshot, contiguous: Math.max(0, snapshot.contiguous - 1) }),
      ),
  ],
  'a hole in the numbers is forgotten': [
    '',
    ({ sequence }) =>
      patch(
        sequence,
        'accept',
        () =>
          function planted(seq) {
            if (seq <= this.highest) return 'duplicate';
            this.highest = seq;
            return 'new';
          },
      ),
  ],
  'an event that is known is taken for new': [
    'cut replay',
    ({ sequence }) =>
      patch(
        sequence,
        'accept',
        (accept) =>
          function planted(seq) {
            const verdict = accept.call(this, seq);
            return verdict === 'duplicate' ? 'new' : verdict;
          },
      ),
  ],
  'a lane that is loaded again has forgotten its numbers': ['', () => patch(code.Lane, 'fromMark', () => (mark) => new code.Lane(mark))],
  'a declared gap is dropped when it is read again': [
    'spoolfull planekill',
    () => patch(code.Sequence, 'from', (from) => (snapshot) => from.call(code.Sequence, { ...snapshot, declared: [] })),
  ],
  'a gap that an emitter declares is not kept': ['spoolfull', ({ sequence }) => patch(sequence, 'declare', () => () => undefined)],
  'a gap is taken for arrived without being declared': [
    'spoolfull',
    ({ sequence }) =>
      patch(
        sequence,
        'declare',
        (declare) =>
          function planted(gap) {
            declare.call(this, gap);
            this.declared.length = 0;
          },
      ),
  ],
  'the bytes of a chunk are not copied before it is used again': [
    'split',
    ({ collector }) => patch(collector, 'settle', () => () => undefined),
  ],
  'the start of a frame loses a byte until its end has come': [
    'split',
    ({ held }) =>
      patch(
        held,
        'append',
        (append) =>
          function planted(source, from, to) {
            append.call(this, source, from, to - from > 1 ? to - 1 : to);
          },
      ),
  ],
  'a commit that was refused is taken for done': [
    'refuse',
    ({ journal }) =>
      patch(
        journal,
        'commitAll',
        (commitAll) =>
          function planted() {
            return withStore(this, commitAll, (store) => (batch) => store.commit(batch).catch(() => []));
          },
      ),
  ],
  'collectors are kept after a commit of theirs was refused': ['refuse', ({ hub }) => patch(hub, 'lose', () => () => undefined)],
  'a flush resolves although its commit failed': [
    'dead workerkill refusenet',
    ({ journal, session }) => {
      patch(
        journal,
        'flush',
        (flush) =>
          function planted(...runIds) {
            return flush.call(this, ...runIds).catch(() => undefined);
          },
      );
      Object.defineProperty(session, 'failure', { get: () => undefined });
    },
  ],
  'a flush does not wait for the commit': [
    'workerkill refusenet slowdisk planekill',
    ({ journal }) => patch(journal, 'flush', () => async () => undefined),
  ],
  'a run is let go of while its commit is under way': [
    'stuck replay',
    ({ journal }) => {
      patch(
        journal,
        'holds',
        (holds) =>
          function planted(collector) {
            return holds.call(this, collector) && this.dirty.has(collector);
          },
      );
      patch(journal, 'settled', () => async () => undefined);
      patch(journal, 'commitAll', withoutRevisions);
    },
  ],
  'a spool file is removed before it is durable': [
    'workerkill refusenet slowdisk planekill',
    ({ sweeper }) =>
      patch(
        sweeper,
        'sweep',
        (sweep) =>
          function planted(...given) {
            const { hub } = this;
            const { journal } = hub;
            this.hub = Object.create(hub, { journal: { value: Object.create(journal, { flush: { value: async () => undefined } }) } });
            return sweep.apply(this, given).finally(() => {
              this.hub = hub;
            });
          },
      ),
  ],
  'an emitter frees what it has sent, without waiting for acks': [
    '',
    ({ flight }) =>
      patch(
        flight,
        'sent',
        (sent) =>
          function planted(batch) {
            sent.call(this, batch);
            this.acked = batch.lastSeq;
          },
      ),
  ],
  'an emitter skips an event when it begins again': [
    '',
    ({ queue }) =>
      patch(
        queue,
        'locate',
        (locate) =>
          function planted(seq) {
            return locate.call(this, seq > 1 ? seq + 1 : seq);
          },
      ),
  ],
  'an emitter forgets to declare what found no room': [
    'spoolfull',
    () => Object.defineProperty(code.Losses.prototype, 'isEmpty', { get: () => true }),
  ],
  'an emitter removes its spool at its end, delivered or not': [
    'stuck refusenet',
    ({ spool }) =>
      patch(
        spool,
        'close',
        (close) =>
          function planted() {
            return close.call(this, false);
          },
      ),
  ],
  'an emitter waits for ever on a connection that has gone deaf': [
    'halfopen silence',
    () => {
      code.answerMs = 1e9;
    },
  ],
  'a stranger is let in without hello': [
    'stranger',
    () => Object.defineProperty(code.Door.prototype, 'waitsForHello', { get: () => false }),
  ],
  'welcome resumes one too far': [
    '',
    ({ session }) =>
      patch(
        session,
        'welcome',
        (welcome) =>
          function planted(binding, hello) {
            const lane = binding.collector.lane(hello.worker, hello.incarnation);
            lane.durable += 1;
            welcome.call(this, binding, hello);
            lane.durable -= 1;
          },
      ),
  ],
  'repeats are counted as events': [
    'cut replay',
    ({ collector }) =>
      patch(
        collector,
        'accept',
        (accept) =>
          function planted(lane, event, ...rest) {
            const verdict = accept.call(this, lane, event, ...rest);
            if (verdict === 'duplicate') this.state.counts.set(event.type, (this.state.counts.get(event.type) ?? 0) + 1);
            return verdict;
          },
      ),
  ],
  'the points of an event are not charted': ['', ({ indexer }) => patch(indexer, 'point', () => () => undefined)],
  'a point is charted twice': [
    '',
    ({ indexer }) =>
      patch(
        indexer,
        'point',
        (point) =>
          function planted(...given) {
            point.apply(this, given);
            point.apply(this, given);
          },
      ),
  ],
  'the frames of a block change places': [
    '',
    ({ collector }) =>
      patch(
        collector,
        'cut',
        (cut) =>
          function planted(...given) {
            const made = cut.apply(this, given);
            return { ...made, blocks: made.blocks.length > 1 ? made.blocks.toReversed() : made.blocks.map(turned) };
          },
      ),
  ],
  'marks of one lane are given to another': [
    '',
    ({ collector }) =>
      patch(
        collector,
        'cut',
        (cut) =>
          function planted(...given) {
            const made = cut.apply(this, given);
            const [first, second] = made.marks;
            if (first === undefined || second === undefined) return made;
            const swapped = [
              { ...first, contiguous: second.contiguous },
              { ...second, contiguous: first.contiguous },
            ];
            return { ...made, marks: [...swapped, ...made.marks.slice(2)] };
          },
      ),
  ],
  'a run that was taken over is written to by both': [
    'second planekill stuck slowdisk',
    ({ journal }) => patch(journal, 'commitAll', withoutRevisions),
  ],
  'a run that was purged comes back with one late event': [
    'purge',
    ({ collector }) =>
      patch(
        collector,
        'accept',
        (accept) =>
          function planted(lane, ...rest) {
            lane.buried = false;
            return accept.call(this, lane, ...rest);
          },
      ),
  ],
};

/** Lets a journal commit once with another way of doing it. */
async function withStore(journal, commitAll, commit) {
  const { store } = journal;
  journal.store = Object.create(store, { commit: { value: commit(store) } });
  const done = commitAll.call(journal);
  journal.store = store;
  return await done;
}

/** Commits that do not say what they grow from. */
const withoutRevisions = (commitAll) =>
  function planted() {
    return withStore(this, commitAll, (store) => (batch) => store.commit({ ...batch, revisions: [] }));
  };

/** A block whose last frame comes first. */
function turned(block) {
  const frames = [];
  for (let at = 0; at < block.bytes.length; at += 4 + Buffer.from(block.bytes).readUInt32BE(at)) frames.push(at);
  const last = frames.at(-1) ?? 0;
  return { ...block, bytes: new Uint8Array(Buffer.concat([block.bytes.subarray(last), block.bytes.subarray(0, last)])) };
}

/** Plants the bug of that name in this process. */
export function plantBug(name) {
  PLANTS[name][1](prototypes());
}
