import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parquetMetadata, parquetRead } from 'hyparquet';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';

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

const rowsPerGroup = 1 << 20;
const columns = { row: 'DOUBLE', score: 'FLOAT', label: 'INT32' } as const;

/** Writes below `home` and returns the file's path relative to it: equal scores, equal name. */
export async function writeScoreFile(home: string, scores: Scores): Promise<string> {
  const columnData: ColumnSource[] = Object.entries(columns).map(([name, type]) => ({
    name,
    type,
    data: name === 'label' ? Int32Array.from(scores.label) : scores[name as 'row' | 'score'],
    nullable: false,
    encoding: 'PLAIN',
  }));
  const bytes = new Uint8Array(
    parquetWriteBuffer({ columnData, codec: 'UNCOMPRESSED', statistics: false, rowGroupSize: rowsPerGroup }),
  );
  const digest = createHash('sha256').update(bytes).digest('hex');
  const file = join(scoresFolder, digest.slice(0, 2), `${digest}.parquet`);
  const path = join(home, file);
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  await writeFile(unfinished, bytes);
  await rename(unfinished, path);
  return file;
}

/** Reads what `writeScoreFile` wrote. Throws when the file is gone or is no score file. */
export async function readScoreFile(home: string, file: string): Promise<Scores> {
  const bytes = await readFile(join(home, file));
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const metadata = parquetMetadata(buffer);
  const rowCount = Number(metadata.num_rows);
  const scores = {
    row: new Float64Array(rowCount),
    score: new Float32Array(rowCount),
    label: new Int8Array(rowCount),
  };
  await parquetRead({
    file: buffer,
    metadata,
    onChunk: ({ columnName, columnData, rowStart }) =>
      scores[columnName as keyof Scores].set(columnData as ArrayLike<number>, rowStart),
  });
  return scores;
}
