import type { Expression } from './program.ts';

/** Numbers for expressions: equal ones, however they were made, get the same. */
export class ExpressionIds {
  readonly #ids = new Map<string, number>();
  readonly #seen = new Map<Expression, number>();

  of(expression: Expression): number {
    const seen = this.#seen.get(expression);
    if (seen !== undefined) return seen;
    const key = JSON.stringify(this.#parts(expression));
    const id = this.#ids.get(key) ?? this.#ids.size;
    this.#ids.set(key, id);
    this.#seen.set(expression, id);
    return id;
  }

  #parts(expression: Expression): unknown[] {
    switch (expression.kind) {
      case 'constant': {
        const { dtype, dims, data } = expression.value;
        return ['constant', dtype, dims, Array.from(data as ArrayLike<number | bigint>, String)];
      }
      case 'gradient':
        return ['gradient', expression.by, this.of(expression.of), this.of(expression.wrt)];
      case 'apply': {
        const { operator, inputs, attributes } = expression;
        return ['apply', operator, inputs.map((input) => this.of(input)), Object.entries(attributes).toSorted()];
      }
      case 'tensor':
        return ['tensor', expression.name, expression.isExact ?? false];
      default:
        return [expression.kind, expression.name];
    }
  }
}
