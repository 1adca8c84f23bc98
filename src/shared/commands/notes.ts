/** Sentences that several rows of the command table share. */

export const UNPROVEN = 'it is newer than any Redis that Pylon is tested with';

export const FLOATS =
  "Computed in floating point by each rack's Redis: racks with the same processor architecture and C library get the " +
  'same bits.';

export const PAST_PYLON = 'it would reach past Pylon to one Redis of one rack';

export const BLOCKING = 'it blocks the connection, and its choice would have to be made once for the world';
