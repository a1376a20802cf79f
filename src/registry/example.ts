import { fileURLToPath } from 'node:url';
import { GlassgraphError } from '../errors.ts';
import { registerDataset } from './register-dataset.ts';
import { type RegistryServices, registerModel } from './register-model.ts';

/** Late flights of 2013, two versions of one net, and a twin of the second: see examples/flights/README.md. Registering again changes nothing. */
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
  const example = { ...services, sources };
  await Promise.all([registerVersions(example), registerTwin(example)]);
}

/** One after the other: the version registered last is the latest. */
async function registerVersions(services: RegistryServices): Promise<void> {
  for (const [version, description] of [
    ['1', 'Trained for 3 epochs.'],
    ['2', 'The same run after 12 epochs.'],
  ] as const)
    await registerModel(services, {
      name: 'flights',
      version,
      source: { uri: `v${version}` },
      description,
      tags: ['example'],
    });
}

/** Left out where its executor is missing. */
async function registerTwin(services: RegistryServices): Promise<void> {
  try {
    await registerModel(services, {
      name: 'flights-tfjs',
      version: '2',
      source: { uri: 'tfjs' },
      description: 'Version 2 of “flights”, with the same weights, for TensorFlow.js.',
      tags: ['example'],
    });
  } catch (error) {
    if (!(error instanceof GlassgraphError) || error.code !== 'UNSUPPORTED_BY_EXECUTOR') throw error;
  }
}
