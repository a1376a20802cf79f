import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { type ColumnSource, fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';

import { blankOutputs, type Precision, type RawOutputs, type ScoreScale } from './scale.ts';

/** A stretch of scored rows; rows ascend. */
export interface Scores {
  /** Row index in the dataset. */
  readonly row: Float64Array;
  readonly output: RawOutputs;
  /** 0, 1, or −1 for none. */
  readonly label: Int8Array;
}

export type Stretches = Iterable<Scores> | AsyncIterable<Scores>;

/**
 * The scores of a pass, kept: AUC, calibration, slices and comparisons are reads of this, not second passes of the model. Stretch
 * by stretch, in the order of rows: never all of them in memory.
 */
export interface ScoreSource {
  /** What the outputs stand for. */
  readonly scale: ScoreScale;
  readonly precision: Precision;
  readonly rowCount: number;
  stretches(): Stretches;
}

export const scoresFolder = 'scores';

/**
 * Writes a plain Parquet file below `home` (`row` DOUBLE, `output` FLOAT or, of a model of float64, DOUBLE, `label` INT32; −1 where a row
 * has no label; a group of rows for each stretch, a page for each column of it; the scale beside the schema) and returns its path
 * relative to it: equal scores, equal name.
 */
export async function writeScoreFile(home: string, source: Omit<ScoreSource, 'rowCount'>): Promise<string> {
  const unfinished = join(home, scoresFolder, `${process.pid}-${Math.random().toString(36).slice(2)}.tmp`);
  await mkdir(dirname(unfinished), { recursive: true });
  try {
    await writeParquet(unfinished, source);
    const hash = createHash('sha256');
    await pipeline(createReadStream(unfinished), hash);
    const digest = hash.digest('hex');
    const file = join(scoresFolder, digest.slice(0, 2), `${digest}.parquet`);
    await mkdir(dirname(join(home, file)), { recursive: true });
    await rename(unfinished, join(home, file));
    return file;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Under which a file says what its outputs stand for. */
const scaleKey = 'glassgraph.scale';

async function writeParquet(path: string, source: Omit<ScoreSource, 'rowCount'>): Promise<void> {
  const none: Scores = { row: new Float64Array(), output: blankOutputs(source.precision, 0), label: new Int8Array() };
  const writer = new ParquetWriter({
    writer: fileWriter(path),
    schema: schemaFromColumnData({ columnData: columnsOf(none) }),
    codec: 'UNCOMPRESSED',
    statistics: false,
    kvMetadata: [{ key: scaleKey, value: JSON.stringify(source.scale) }],
  });
  for await (const scores of source.stretches())
    await writer.write({ columnData: columnsOf(scores), rowGroupSize: scores.row.length, pageSize: 0 });
  await writer.finish();
}

function columnsOf({ row, output, label }: Scores): ColumnSource[] {
  const plain = { nullable: false, encoding: 'PLAIN' } as const;
  return [
    { name: 'row', type: 'DOUBLE', data: row, ...plain },
    { name: 'output', type: output instanceof Float64Array ? 'DOUBLE' : 'FLOAT', data: output, ...plain },
    { name: 'label', type: 'INT32', data: Int32Array.from(label), ...plain },
  ];
}

/** What `writeScoreFile` wrote. Throws when the file is gone or is no score file. */
export async function openScoreFile(home: string, path: string): Promise<ScoreSource> {
  const file = await asyncBufferFromFile(join(home, path));
  const metadata = await parquetMetadataAsync(file);
  const scale = metadata.key_value_metadata?.find(({ key }) => key === scaleKey)?.value;
  if (scale === undefined) throw new Error(`${path} is no score file`);
  const type = metadata.schema.find(({ name }) => name === 'output')?.type;
  const precision = type === 'DOUBLE' ? 'float64' : 'float32';
  return {
    scale: JSON.parse(scale) as ScoreScale,
    precision,
    rowCount: Number(metadata.num_rows),
    async *stretches() {
      let rowStart = 0;
      for (const { num_rows } of metadata.row_groups) {
        const rowCount = Number(num_rows);
        const scores = {
          row: new Float64Array(rowCount),
          output: blankOutputs(precision, rowCount),
          label: new Int8Array(rowCount),
        };
        await parquetRead({
          file,
          metadata,
          rowStart,
          rowEnd: rowStart + rowCount,
          onChunk: ({ columnName, columnData, rowStart: first }) =>
            scores[columnName as keyof Scores].set(columnData as ArrayLike<number>, first - rowStart),
        });
        rowStart += rowCount;
        yield scores;
      }
    },
  };
}
