"""Figures of quality, by scikit-learn and from the definitions of docs/analyses/evaluation.md.

Scores of float32 and of float64 can fall to either side of each other, of a threshold or of the edge of a bin. A figure that ranks or
counts is therefore right anywhere in the range that scores within the model's own rounding span.
"""

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score


def log_losses(labels, logits):
    """Of logits where the model says them, in float64, exact however large."""
    return np.logaddexp(0, np.where(labels == 1, -logits, logits))


def losses_of(labels, scores):
    p = np.clip(scores, 1e-15, 1 - 1e-15)
    return -np.where(labels == 1, np.log(p), np.log(1 - p))


def entropy(labels):
    rate = labels.mean()
    return 0.0 if rate in (0, 1) else -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate))


def auc(labels, ranks):
    return None if len(set(labels)) < 2 else roc_auc_score(labels, ranks)


def average_precision(labels, ranks):
    return average_precision_score(labels, ranks) if labels.any() else None


def gauc(labels, ranks, groups):
    total, weight = 0.0, 0
    for group in set(groups):
        own = np.array([one == group for one in groups])
        value = auc(labels[own], ranks[own])
        if value is not None:
            total, weight = total + value * own.sum(), weight + own.sum()
    return total / weight if weight else None


def calibration_error(labels, scores, bins):
    at = np.minimum((scores * bins).astype(int), bins - 1)
    return sum(abs((scores - labels)[at == one].sum()) for one in range(bins)) / len(labels)


def normalized_entropy(labels, losses):
    base = entropy(labels)
    return losses.mean() / base if base > 0 else None


def delong(labels, ranks, level=0.95):
    """Variance of the AUC by placements (DeLong et al. 1988); clipped to [0, 1]."""
    from scipy.stats import norm

    positive, negative = ranks[labels == 1], ranks[labels == 0]
    if len(positive) < 2 or len(negative) < 2:
        return None
    wins = (positive[:, None] > negative[None]) + 0.5 * (positive[:, None] == negative[None])
    variance = wins.mean(1).var(ddof=1) / len(positive) + wins.mean(0).var(ddof=1) / len(negative)
    way = norm.ppf(0.5 + level / 2) * np.sqrt(variance)
    return max(0.0, wins.mean() - way), min(1.0, wins.mean() + way)


class Ranks:
    """Numbers to rank by, and others that rounding might make of them."""

    def __init__(self, exact, rounded, seed: int = 0, dtype: str = "float32", labels=None):
        rng = np.random.default_rng(seed)
        # Rows that are alike rank alike, in whichever place of a matrix product they are.
        exact = np.array([float(f"{one:.12g}") for one in exact])
        if dtype == "float64":
            rounded = exact
        spread = 3 * np.abs(exact - rounded).max(initial=0) + (3e-7 if dtype == "float32" else 1e-14) * np.abs(exact)
        unique, at = np.unique(exact, return_inverse=True)
        noises = [rng.uniform(-1, 1, len(unique))[at] for _ in range(12)] + [np.zeros(len(exact))]
        if labels is not None:
            # The best and the worst orders of what lies within rounding of each other.
            noises += [labels * 2 - 1, 1 - labels * 2]
        near = exact.astype(dtype).astype(np.float64)
        shaken = [exact + spread * noise for noise in noises]
        self.all = [exact, rounded, near, *shaken]
        step = 2 * spread.max(initial=0)
        if dtype == "float32" and step > 0:
            # What is within rounding of each other may be the same.
            self.all += [np.round(exact / step) * step, np.round(exact / step + 0.5) * step, *(one.astype(dtype).astype(float) for one in shaken)]

    def range(self, figure):
        found = [figure(ranks) for ranks in self.all]
        known = [one for one in found if one is not None]
        if not known:
            return None, None
        low, high = min(known), max(known)
        return low - (high - low), high + (high - low)


def curve(labels, ranks, kind):
    """x and y at every score that occurs, strictest first."""
    order = np.argsort(-ranks, kind="stable")
    sorted_ranks, sorted_labels = ranks[order], labels[order]
    ends = np.append(np.nonzero(np.diff(sorted_ranks))[0], len(ranks) - 1)
    positives, called = sorted_labels.cumsum()[ends], ends + 1
    total = labels.sum()
    if kind == "ROC":
        return (called - positives) / (len(labels) - total), positives / total
    if kind == "PRECISION_RECALL":
        return positives / total, positives / called
    return called / len(labels), positives / called / (total / len(labels))


def brier(labels, scores):
    return brier_score_loss(labels, scores) if len(set(labels)) > 1 else float(((scores - labels) ** 2).mean())
