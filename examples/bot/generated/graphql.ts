/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type MonthlyQualityQueryVariables = Exact<{
  model: string;
  version?: string | null | undefined;
  dataset: string;
}>;


export type MonthlyQualityQuery = { model: { version: string, evaluation: { auc: number | null, rowCount: number, normalizedEntropy: number | null, byPartition: Array<{ slice: string, rowCount: number, auc: number | null, normalizedEntropy: number | null, calibrationRatio: number | null }> } | null } | null };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const MonthlyQualityDocument = new TypedDocumentString(`
    query MonthlyQuality($model: String!, $version: String, $dataset: String!) {
  model(name: $model, version: $version) {
    version
    evaluation(rows: {dataset: $dataset}) {
      auc
      rowCount
      normalizedEntropy
      byPartition {
        slice
        rowCount
        auc
        normalizedEntropy
        calibrationRatio
      }
    }
  }
}
    `) as unknown as TypedDocumentString<MonthlyQualityQuery, MonthlyQualityQueryVariables>;