import type { Walker } from '../../data/scores/keys/keyed-rows.ts';
import { logLossOfOutput, type ScoreScale, scoreOfOutput } from '../../data/scores/scale.ts';

/** Measures of a binary classifier. NaN where a figure does not exist. */
export interface Quality {
  readonly rowCount: number;
  readonly positiveCount: number;
  /** Ties count half. */
  readonly auc: number;
  /** DeLong et al. 1988. */
  readonly aucVariance: number;
  /** Average precision. */
  readonly prAuc: number;
  /** Of logits as they are, of probabilities clipped to [1e-15, 1 − 1e-15]. */
  readonly logLoss: number;
  /** Log loss over the base rate's entropy (He et al. 2014). */
  readonly normalizedEntropy: number;
  readonly brier: number;
  readonly calibrationRatio: number;
}

/** The AUC alone, from one walk over outputs, descending; for many small groups. */
export class AucMeasure implements Walker {
  positiveCount = 0;
  negativeCount = 0;
  /** Pairs in which the negative's score is the higher one; ties count half. */
  #losses = 0;

  tie(_output: number, positives: number, negatives: number): void {
    this.#losses += positives * (this.negativeCount + negatives / 2);
    this.positiveCount += positives;
    this.negativeCount += negatives;
  }

  /** NaN with a single class. */
  get auc(): number {
    const pairs = this.positiveCount * this.negativeCount;
    return pairs === 0 ? Number.NaN : (pairs - this.#losses) / pairs;
  }

  get rowCount(): number {
    return this.positiveCount + this.negativeCount;
  }
}

/** Every measure, from one walk over outputs, descending. */
export class QualityMeasure implements Walker {
  readonly #scale: ScoreScale;
  readonly #auc = new AucMeasure();
  /**
   * Placements of DeLong, in rows: how many of the other class are on the wrong side of a row, ties by half. Their variance is that
   * of the shares on the right side.
   */
  #positivePlacements = 0;
  #positiveSquares = 0;
  #negativePlacements = 0;
  #negativeSquares = 0;
  #precision = 0;
  #loss = 0;
  #brier = 0;
  #scores = 0;

  constructor(scale: ScoreScale) {
    this.#scale = scale;
  }

  tie(output: number, positives: number, negatives: number): void {
    const above = this.#auc.negativeCount + negatives / 2;
    const notBelow = this.#auc.positiveCount + positives / 2;
    this.#positivePlacements += positives * above;
    this.#positiveSquares += positives * above * above;
    this.#negativePlacements += negatives * notBelow;
    this.#negativeSquares += negatives * notBelow * notBelow;
    this.#auc.tie(output, positives, negatives);
    if (positives > 0) this.#precision += (positives * this.#auc.positiveCount) / this.#auc.rowCount;
    if (positives > 0) this.#loss += positives * logLossOfOutput(this.#scale, output, true);
    if (negatives > 0) this.#loss += negatives * logLossOfOutput(this.#scale, output, false);
    const score = scoreOfOutput(this.#scale, output);
    this.#brier += positives * (1 - score) ** 2 + negatives * score ** 2;
    this.#scores += (positives + negatives) * score;
  }

  get quality(): Quality {
    const { rowCount, positiveCount, negativeCount, auc } = this.#auc;
    const logLoss = this.#loss / rowCount;
    const ofPositives = sampleVariance(this.#positiveSquares, this.#positivePlacements, positiveCount);
    const ofNegatives = sampleVariance(this.#negativeSquares, this.#negativePlacements, negativeCount);
    return {
      rowCount,
      positiveCount,
      auc,
      aucVariance:
        ofPositives / negativeCount / negativeCount / positiveCount +
        ofNegatives / positiveCount / positiveCount / negativeCount,
      prAuc: this.#precision / positiveCount,
      logLoss,
      normalizedEntropy: logLoss / entropy(positiveCount / rowCount),
      brier: this.#brier / rowCount,
      calibrationRatio: positiveCount === 0 ? Number.NaN : this.#scores / positiveCount,
    };
  }
}

/** Mean AUC over the groups that have both labels, weighted by their rows (Zhu et al. 2017); NaN without such a group. */
export class GroupedAuc implements Walker {
  #group = new AucMeasure();
  #rows = 0;
  #sum = 0;

  tie(output: number, positives: number, negatives: number): void {
    this.#group.tie(output, positives, negatives);
  }

  end(): void {
    const { auc, rowCount } = this.#group;
    this.#group = new AucMeasure();
    if (Number.isNaN(auc)) return;
    this.#rows += rowCount;
    this.#sum += rowCount * auc;
  }

  get gauc(): number {
    return this.#rows === 0 ? Number.NaN : this.#sum / this.#rows;
  }
}

/** Of `count` values with this sum and sum of squares; NaN below two. */
const sampleVariance = (squares: number, sum: number, count: number): number =>
  count < 2 ? Number.NaN : Math.max(0, squares - (sum / count) * sum) / (count - 1);

/** Of a Bernoulli variable, in nats; NaN where it is certain, because nothing can be measured against it. */
const entropy = (rate: number): number =>
  rate === 0 || rate === 1 ? Number.NaN : -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);
