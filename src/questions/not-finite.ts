import { analysisFailed, type ErrorDetails, type GlassgraphError } from '../errors.ts';

/** ANALYSIS_FAILED for a figure, whose name begins the message, that is no number on a row, or on one that is not known. */
export function notFinite(figure: string, row: number | undefined, details: ErrorDetails = {}): GlassgraphError {
  if (row === undefined)
    return analysisFailed(
      `${figure} is infinite, NaN or too large on some row. Leave such rows out with \`rows.where\`, or ask for another target or method.`,
      details,
    );
  return analysisFailed(
    `${figure} is infinite or NaN on row ${row}. Leave the row out, or ask for another target or method.`,
    { ...details, row },
  );
}
