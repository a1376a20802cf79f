import type { ModelWarning } from '../../pass/protocol.ts';
import { builder } from '../builder/builder.ts';

export const ModelWarningType = builder.objectRef<ModelWarning>('ModelWarning').implement({
  description: 'Something about a model that changes how its figures are to be read, or how fast they come.',
  fields: (t) => ({
    code: t.exposeString('code', {
      description: 'A code for programs, e.g. ROWS_SEE_EACH_OTHER; docs/models.md lists them.',
    }),
    message: t.exposeString('message', {
      description: 'A message for people: what was found, and what to do about it.',
    }),
  }),
});

/** Of models that an earlier version of the server registered. */
export const neverExamined: ModelWarning = {
  code: 'ROWS_NOT_EXAMINED',
  message:
    'The model was registered before anybody looked whether its rows see each other. Register the same file again under the same name and version: that changes nothing else.',
};
