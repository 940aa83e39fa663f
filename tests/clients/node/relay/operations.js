/** What the Relay client asks; relay-compiler reads this and writes `__generated__/`. */
import { graphql } from "relay-runtime";

export const documents = () => [
  graphql`
    query operationsPositionsQuery($count: Int!, $cursor: String) {
      ...operations_positions @arguments(count: $count, cursor: $cursor)
    }
  `,
  graphql`
    fragment operations_positions on Query
    @refetchable(queryName: "operationsPageQuery")
    @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" }) {
      positions(first: $count, after: $cursor) @connection(key: "operations_positions") {
        totalCount
        edges {
          node {
            id
            title
            unit { name }
          }
        }
      }
    }
  `,
  graphql`
    query operationsMeQuery {
      me {
        name
        position { title }
      }
    }
  `,
  graphql`
    query operationsNodeQuery($id: ID!) {
      node(id: $id) {
        ... on Position { jobClass }
      }
    }
  `,
  graphql`
    mutation operationsRecordMutation($input: RecordEvaluationInput!) {
      recordEvaluation(input: $input) {
        __typename
        ... on Evaluation { score person { name } }
        ... on Refusal { code message path }
      }
    }
  `,
];
