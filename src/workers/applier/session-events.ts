/** What a session (fenced-session.ts) reports to the applier. */

import type { StepReplies } from './owed-replies.js';
import type { Step } from './step.js';

/** Why a step, or a read of the fence, did not go through. */
export type Failure =
  /** EXEC was nil: somebody touched the fence. */
  | { readonly type: 'aborted' }
  /** GET did not show the fence believed in. */
  | { readonly type: 'moved' }
  /** Redis does not take commands now. Nothing happened. */
  | { readonly type: 'refused'; readonly error: string }
  /**
   * Redis will never take this command of the step. Nothing happened. `isData`: it was run, by a script, and its reply
   * is this data error; else it was refused when queued.
   */
  | {
      readonly type: 'rejected';
      readonly step: Step;
      readonly index: number;
      readonly error: string;
      readonly isData: boolean;
    }
  /** A script cannot say what Redis thinks of the command: it is to be seen in an ordinary step. Nothing happened. */
  | { readonly type: 'unscripted' }
  /** Something ran, or failed, in a way that other racks may not have seen. */
  | { readonly type: 'tainted'; readonly error: string }
  /** The applier gave up the step. */
  | { readonly type: 'abandoned' };

export interface Commit {
  readonly type: 'committed';
  readonly step: Step;
  readonly dataErrors: number;
  /** CRC-32 of all replies from `session.hash` on, the passed-over commands' error lines in their places. */
  readonly hash: number;
  /** The first reply that is not known to be the same in every rack. */
  readonly tainted: { readonly index: number; readonly error: string } | undefined;
  /** True for a lone step: a script's reply is not the command's, so it is not in `hash`. */
  readonly repliesLost: boolean;
  /** The replies that are owed to authors, if any are. */
  readonly replies: StepReplies | undefined;
}

export type SessionEvent =
  /** The open step passed every check: `execute` it now, or `abandon`. */
  | { readonly type: 'ready' }
  | Commit
  /** Nothing is in flight any more. */
  | { readonly type: 'failed'; readonly failure: Failure }
  /** `taint`: why nothing may be applied, if something was noted. */
  | { readonly type: 'fence'; readonly value: string | undefined; readonly taint: string | undefined }
  /** It is noted now that the rack is tainted. */
  | { readonly type: 'marked' }
  /** Keys in the database that are not the self-test's. */
  | { readonly type: 'keys'; readonly foreign: number };
