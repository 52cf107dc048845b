import { setFlagsFromString } from 'node:v8';

/**
 * Has the engine make every object in the young part of its heap, for a process that reads books.
 *
 * V8 looks at the first objects of each literal: where most of them survive, it makes the later ones old at once. The
 * levels of a book look so at first, and in every other process nearly all of them then had to be swept up by
 * collections of the whole heap: books cost twice as much there.
 * Clifford et al., "Memento Mori: Dynamic Allocation-Site-Based Optimizations", ISMM 2015.
 */
export const allocateYoung = (): void => setFlagsFromString('--no-allocation-site-pretenuring');
