import { missingModel } from '../../questions/missing.ts';
import type { ModelRow } from '../../store/models.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';

export const ModelInput = builder.inputType('ModelInput', {
  description: 'A version, an alias, or the latest version when neither is named.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Name of the model.' }),
    version: t.string({ description: 'The name of the version.' }),
    alias: t.string({ description: 'The version that this name points at.' }),
  }),
});

/** Throws NOT_FOUND naming what comes close. */
export async function modelAsked(
  { database, lookups }: Context,
  input: typeof ModelInput.$inferInput,
): Promise<ModelRow> {
  const model = await lookups.model(input);
  if (model !== undefined) return model;
  throw await missingModel(database.db, input);
}
