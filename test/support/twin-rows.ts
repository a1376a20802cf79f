import { join } from 'node:path';
import { keras, twinsFolder } from '../compute/tfjs/twins.ts';
import { temporaryFolder, writeParquet } from '../data/parquet.ts';
import type { Toy } from './pass.ts';

/** The Keras net as exported for one executor, over its rows. */
export async function twin(side: keyof typeof keras): Promise<Toy> {
  const { model, manifest } = keras[side];
  const rows = await writeParquet(
    join(await temporaryFolder(), 'rows.parquet'),
    `SELECT * FROM read_json('${join(twinsFolder, 'rows.json')}', format = 'newline_delimited')`,
  );
  return { model: join(twinsFolder, model), manifest, rows, label: 'click' };
}
