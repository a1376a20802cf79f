"""What layers do on rows, from every tensor that onnxruntime computes; summed in float64."""

import numpy as np


def observations(values: np.ndarray, units: int, kind: str):
    """[rows, positions, units]; None where rows are not the first axis, or where it is not plain which axis is that of the units."""
    shape = values.shape
    if len(shape) < 2:
        return values.reshape(-1, 1, 1).astype(np.float64) if units == 1 else None
    last, second = shape[-1] == units, shape[1] == units
    if len(shape) == 2:
        return values[:, None, :].astype(np.float64) if last else None
    if kind == "CONVOLUTION" or (second and not last):
        return np.moveaxis(values, 1, -1).reshape(shape[0], -1, units).astype(np.float64) if second else None
    if last and second and shape[1] > 1:
        return None
    return values.reshape(shape[0], -1, units).astype(np.float64) if last else None


def correlation(x: np.ndarray, y: np.ndarray):
    """Of each column of x with y; None where either does not move."""
    dx, dy = x - x.mean(0), y - y.mean()
    below = np.sqrt((dx**2).sum(0) * (dy**2).sum())
    moves = (x.max(0) > x.min(0)) & (y.max(initial=-np.inf) > y.min(initial=np.inf))
    return [float(a / b) if move and b > 0 else None for a, b, move in zip((dx * dy[:, None]).sum(0), below, moves)]


def effective_rank(flat: np.ndarray):
    covariance = np.cov(flat.T, bias=True).reshape(flat.shape[1], -1)
    square = (covariance**2).sum()
    return float(np.trace(covariance) ** 2 / square) if square > 0 else None


def cka(x: np.ndarray, y: np.ndarray):
    """Linear, of [observations, units] each."""
    x, y = x - x.mean(0), y - y.mean(0)
    below = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return float(np.linalg.norm(x.T @ y) ** 2 / below) if below > 0 else None


def principal(x: np.ndarray, count: int):
    """Shares of variance, coordinates and all eigenvalues; a component points to where its largest loading is positive."""
    centred = x - x.mean(0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(x))
    values, vectors = values[::-1], vectors[:, ::-1]
    for at in range(vectors.shape[1]):
        vectors[:, at] *= np.sign(vectors[np.abs(vectors[:, at]).argmax(), at])
    return values / values.sum(), centred @ vectors[:, :count], values


def histogram_slack(values: np.ndarray, edges: np.ndarray, near: float):
    """Of each inner edge: how many values lie below it, and how many so close that rounding may put them on either side."""
    return [(int((values < edge).sum()), int((np.abs(values - edge) <= near).sum())) for edge in edges[1:-1]]
