import type { Blocker, Capabilities } from '../compute/graph.ts';
import { carriersOf, straysOf } from '../data/manifest/carriers.ts';
import { analysisFailed } from '../errors.ts';
import type { ModelRow } from '../store/models.ts';

/** What can be asked of a model: `blockers` are in the way of gradients of its score. */
export interface CapabilitiesOfModel extends Pick<Capabilities, 'activations' | 'interventions'> {
  readonly blockers: readonly Omit<Blocker, 'targets'>[];
}

/** Throws ANALYSIS_FAILED for a model that was registered before capabilities were found out. */
export function capabilitiesOf({ name, version, graph, manifest }: ModelRow): CapabilitiesOfModel {
  const { capabilities, logits } = graph;
  if (capabilities === undefined)
    throw analysisFailed(
      `What can be done with version “${version}” of “${name}” was not found out when it was registered. Register it again, with the same name and version: its results stay.`,
    );
  const { output, index, logit } = manifest.score;
  const found =
    logits.find((each) => each.tensor === logit) ??
    logits.find((each) => each.output === output && each.index === index);
  const target = found?.tensor ?? output;
  const uncarried = manifest.features.filter((feature) => carriersOf(graph, feature).length === 0);
  return {
    ...capabilities,
    blockers: [
      ...new Set(uncarried.flatMap((feature) => straysOf(graph, feature))),
      ...capabilities.blockers.filter(({ targets: own }) => own.includes(target)),
    ],
  };
}
