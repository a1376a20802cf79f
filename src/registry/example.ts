import { fileURLToPath } from 'node:url';
import { registerDataset } from './register-dataset.ts';
import { type RegistryServices, registerModel } from './register-model.ts';

/** Late flights of 2013 and two versions of one net: see examples/flights/README.md. Registering again changes nothing. */
export async function registerExample(services: RegistryServices): Promise<void> {
  const sources = [fileURLToPath(new URL('../../examples/flights', import.meta.url))];
  await registerDataset(
    { ...services, sources },
    {
      name: 'flights',
      version: '2013',
      source: { uri: 'flights.parquet' },
      label: 'late',
      groupBy: 'tailnum',
      partitionBy: 'month',
      description: 'Flights from New York in 2013; late by 15 minutes or more.',
    },
  );
  for (const [version, description] of [
    ['1', 'Trained for 3 epochs.'],
    ['2', 'The same run after 12 epochs.'],
  ] as const)
    await registerModel(
      { ...services, sources },
      { name: 'flights', version, source: { uri: `v${version}` }, description, tags: ['example'] },
    );
}
