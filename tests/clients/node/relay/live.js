/** What the Relay client listens to. */
import { graphql } from "relay-runtime";

export const documents = () => [
  graphql`
    subscription liveProgressSubscription {
      jobProgressed { cursor at job { id kind status } }
    }
  `,
];
