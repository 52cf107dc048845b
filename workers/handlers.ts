import { archiveBatch } from './archive/archive-batch.ts';
import { executeSignal } from './execution/execute-signal.ts';
import { bootstrap } from './history/bootstrap.ts';
import { closeGap } from './history/close-gap.ts';
import { recordGap } from './history/record-gap.ts';
import { retryGaps } from './history/retry-gaps.ts';
import { evaluateCandles } from './inference/evaluate-candles.ts';
import { buildCandlesTask } from './maintenance/build-candles.ts';
import { compareCandles } from './maintenance/compare-candles.ts';
import { keepArchive } from './maintenance/keep-archive.ts';
import { keepBadFrames } from './maintenance/keep-bad-frames.ts';
import { sweep } from './maintenance/sweep.ts';
import { sendMail } from './notify/send-mail.ts';
import type { Handlers } from './pool/run-task.ts';
import { generateReport } from './reports/generate-report.ts';
import { trainModel } from './training/train-model.ts';

/** Who does what. A task of the catalogue without a handler here does not compile. */
export const handlers: Handlers = {
  archive_batch: archiveBatch,
  evaluate_candles: evaluateCandles,
  execute_signal: executeSignal,
  bootstrap,
  record_gap: recordGap,
  close_gap: closeGap,
  retry_gaps: retryGaps,
  train_model: trainModel,
  generate_report: generateReport,
  send_mail: sendMail,
  keep_bad_frames: keepBadFrames,
  build_candles: buildCandlesTask,
  keep_archive: keepArchive,
  compare_candles: compareCandles,
  sweep,
};
