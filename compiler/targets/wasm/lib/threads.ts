// AssemblyScript. Threads over one shared memory: all run the same program and meet at barriers.
//
// What a thread computes depends on the cell alone, never on who computes it, so results are the same for any number of
// threads. Waiting spins first, for a barrier is mostly a matter of nanoseconds, and sleeps where that is allowed.

/** Places of the first words of memory; the compiler keeps them free. */
const JOB: usize = 8, CALL: usize = 12;
/** How many workers sleep or are about to: waking nobody is a call into the engine all the same, ten times a barrier. */
const SLEEPERS: usize = 24;
/** Set by whoever finds a number that is not finite. */
const FAULT: usize = 16;
/** Behind them a cache line for each thread, which nobody else writes: how many barriers it has come to. */
const LINE: usize = 64;

/** Which thread this instance is, of how many there are. */
let index: i32 = 0;
let count: i32 = 1;
/** How many take part in the call under way. */
let active: i32 = 1;
/** The call that a worker has seen last. */
let seen: i32 = 0;

const LEAVE: i32 = -1;
/** Turns of looking before a thread sleeps: some microseconds at a barrier, and between calls as long as a caller takes to come back. */
const SPINS: i32 = 4000, SPINS_FOR_JOB: i32 = 100000;

export function enter(thisThread: i32, threads: i32): void {
  index = thisThread;
  count = threads;
  active = 1;
  seen = 0;
  barriers = 0;
}

/** Called on the main thread: tells the others which program to run, or none of them when it works alone. */
export function call(program: i32, alone: bool): void {
  active = alone ? 1 : count;
  if (active > 1) {
    atomic.store<i32>(JOB, program);
    atomic.add<i32>(CALL, 1);
    wake(CALL);
  }
}

/** The next program for this worker, or -1 when it is to end. */
export function nextJob(): i32 {
  let spins = 0;
  while (atomic.load<i32>(CALL) == seen) {
    if (++spins > SPINS_FOR_JOB) {
      sleep(CALL, seen, -1);
      spins = 0;
    }
  }
  seen = atomic.load<i32>(CALL);
  active = count;
  return atomic.load<i32>(JOB);
}

export function leave(): void {
  atomic.store<i32>(JOB, LEAVE);
  atomic.add<i32>(CALL, 1);
  wake(CALL);
}

/**
 * Sleeps while `address` holds `value`. Whoever changes it looks for sleepers afterwards, and a sleeper is counted before it
 * looks at the value: all of this is sequentially consistent, so one of the two sees the other.
 */
function sleep(address: usize, value: i32, nanoseconds: i64): void {
  atomic.add<i32>(SLEEPERS, 1);
  memory.atomic.wait32(address, value, nanoseconds);
  atomic.sub<i32>(SLEEPERS, 1);
}

// @ts-ignore: decorator
@inline function wake(address: usize): void {
  if (atomic.load<i32>(SLEEPERS) > 0) atomic.notify(address, -1);
}

/** How many barriers this thread has come to; it wraps around. */
let barriers: i32 = 0;

// @ts-ignore: decorator
@inline function barriersOf(thread: i32): usize { return LINE + <usize>thread * LINE; }

/**
 * Everyone who takes part waits here for the others: says that it has come, then looks whether each of the others has. That
 * takes one passage of a cache line from core to core; a shared counter and a word that ends the wait take three.
 */
export function barrier(): void {
  if (active == 1) return;
  barriers += 1;
  const own = barriersOf(index);
  atomic.store<i32>(own, barriers);
  // A worker may have gone to sleep; the main thread never does, for browsers forbid it.
  wake(own);
  for (let thread = 0; thread < active; thread++) {
    if (thread != index) waitFor(barriersOf(thread));
  }
}

/** Until another thread has come to as many barriers as this one. It may be one ahead: the numbers only grow. */
function waitFor(other: usize): void {
  let spins = 0;
  for (;;) {
    const come = atomic.load<i32>(other);
    if (come - barriers >= 0) return;
    if (++spins > SPINS && index > 0) {
      sleep(other, come, 1000000);
      spins = 0;
    }
  }
}

// @ts-ignore: decorator
@inline export function isFirst(): bool { return index == 0; }

/** Where this thread's share of `items` begins, in whole groups of `group`; the next thread's begin is its end. */
export function begin(items: i32, group: i32): i32 {
  if (active == 1) return 0;
  const groups = (items + group - 1) / group;
  return min(items, (groups * index / active) * group);
}

export function end(items: i32, group: i32): i32 {
  if (active == 1) return items;
  const groups = (items + group - 1) / group;
  return min(items, (groups * (index + 1) / active) * group);
}

/** A place of this thread's own in a workspace that has `bytes` for each. */
// @ts-ignore: decorator
@inline export function own(workspace: usize, bytes: usize): usize { return workspace + <usize>index * bytes; }

export function clearFault(): void { i32.store(FAULT, 0); }
export function hasFault(): bool { return i32.load(FAULT) != 0; }

/** Takes note when not all lanes were finite. */
export function requireFinite(finite: v128): void {
  if (!i32x4.all_true(finite)) i32.store(FAULT, 1);
}

const FORCE: usize = 20;
/** Tells all threads whether an update is wanted even if it makes numbers that are not finite. */
export function setForce(force: i32): void { i32.store(FORCE, force); }
export function isForced(): bool { return i32.load(FORCE) != 0; }
