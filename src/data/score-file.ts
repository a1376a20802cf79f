import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { type ColumnSource, fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';

/**
 * The scores of a pass, kept: AUC, calibration, slices and comparisons are reads of this file, not second passes of the model.
 * Rows ascend. 13 bytes a row in memory, a plain Parquet file on disk (`row` DOUBLE, `score` FLOAT, `label` INT32; −1 where a
 * row has no label).
 */
export interface Scores {
  /** Row index in the dataset. */
  readonly row: Float64Array;
  readonly score: Float32Array;
  /** 0, 1, or −1 for none. */
  readonly label: Int8Array;
}

export const scoresFolder = 'scores';

/** Written and read group by group: in memory, a file takes a group more than its scores. */
const rowsPerGroup = 1 << 18;

/** Writes below `home` and returns the file's path relative to it: equal scores, equal name. */
export async function writeScoreFile(home: string, scores: Scores): Promise<string> {
  const unfinished = join(home, scoresFolder, `${process.pid}-${Math.random().toString(36).slice(2)}.tmp`);
  await mkdir(dirname(unfinished), { recursive: true });
  const writer = new ParquetWriter({
    writer: fileWriter(unfinished),
    schema: schemaFromColumnData({ columnData: columnsOf(scores, 0, 0) }),
    codec: 'UNCOMPRESSED',
    statistics: false,
  });
  for (let from = 0; from < scores.row.length; from += rowsPerGroup)
    await writer.write({ columnData: columnsOf(scores, from, from + rowsPerGroup), rowGroupSize: rowsPerGroup });
  await writer.finish();
  const hash = createHash('sha256');
  await pipeline(createReadStream(unfinished), hash);
  const digest = hash.digest('hex');
  const file = join(scoresFolder, digest.slice(0, 2), `${digest}.parquet`);
  await mkdir(dirname(join(home, file)), { recursive: true });
  await rename(unfinished, join(home, file));
  return file;
}

function columnsOf({ row, score, label }: Scores, from: number, to: number): ColumnSource[] {
  const plain = { nullable: false, encoding: 'PLAIN' } as const;
  return [
    { name: 'row', type: 'DOUBLE', data: row.subarray(from, to), ...plain },
    { name: 'score', type: 'FLOAT', data: score.subarray(from, to), ...plain },
    { name: 'label', type: 'INT32', data: Int32Array.from(label.subarray(from, to)), ...plain },
  ];
}

/** Reads what `writeScoreFile` wrote. Throws when the file is gone or is no score file. */
export async function readScoreFile(home: string, path: string): Promise<Scores> {
  const file = await asyncBufferFromFile(join(home, path));
  const metadata = await parquetMetadataAsync(file);
  const rowCount = Number(metadata.num_rows);
  const scores = {
    row: new Float64Array(rowCount),
    score: new Float32Array(rowCount),
    label: new Int8Array(rowCount),
  };
  for (let rowStart = 0; rowStart < rowCount; rowStart += rowsPerGroup)
    await parquetRead({
      file,
      metadata,
      rowStart,
      rowEnd: Math.min(rowStart + rowsPerGroup, rowCount),
      onChunk: ({ columnName, columnData, rowStart: first }) =>
        scores[columnName as keyof Scores].set(columnData as ArrayLike<number>, first),
    });
  return scores;
}
