/** What this client asks: each document is typed by what `npm run generate` reads here. */
import { graphql } from "./gql/index.js";

export const Me = graphql(`
  query Me {
    me {
      id
      name
      position { id title }
      evaluations(last: 4) { id period score predikat }
      risk { id band reasons(first: 2) { sentence(language: ID) help } }
    }
  }
`);

export const Team = graphql(`
  query Team($first: Int!, $after: String) {
    me {
      id
      team(first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes {
          id
          name
          plan { id year }
          evaluations(last: 8) { id period }
        }
      }
    }
  }
`);

export const RiskList = graphql(`
  query RiskList($first: Int!, $band: Band) {
    riskList(first: $first, where: { band: $band }) {
      totalCount
      nodes {
        id
        rank
        probability
        probabilityLow
        probabilityHigh
        hindered
        person { id name }
        reasons(first: 3) { code sentence(language: EN) help }
      }
    }
  }
`);

export const RecordEvaluation = graphql(`
  mutation RecordEvaluation($input: RecordEvaluationInput!) {
    recordEvaluation(input: $input) {
      __typename
      ... on Evaluation { id period score predikat rule }
      ... on AlreadyEvaluated { message }
      ... on PeriodClosed { message }
      ... on InvalidInput { message path }
      ... on Refusal { code message }
    }
  }
`);

export const RequestJob = graphql(`
  mutation RequestJob($input: RequestJobInput!) {
    requestJob(input: $input) {
      __typename
      ... on Job { id status }
      ... on Refusal { code message }
    }
  }
`);

export const JobProgressed = graphql(`
  subscription JobProgressed($after: String) {
    jobProgressed(after: $after) {
      cursor
      job { id kind status step done total }
    }
  }
`);
