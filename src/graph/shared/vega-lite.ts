import { GraphQLScalarType } from 'graphql';
import type { VegaLite } from '../../plots/vega-lite.ts';
import { builder } from '../builder/builder.ts';

builder.addScalarType(
  'VegaLite',
  new GraphQLScalarType<VegaLite, VegaLite>({
    name: 'VegaLite',
    description: 'A complete Vega-Lite specification with its data inline, ready to embed.',
  }),
);
