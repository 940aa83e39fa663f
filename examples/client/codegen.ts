import type { CodegenConfig } from "@graphql-codegen/cli";

/** Where the schema is: the committed file, or `http://…/schema.graphql` of a server. */
const schema = process.env["KINERJA_SCHEMA"] ?? "../../schema/schema.graphql";

/** A scalar that is sent and read as one and the same type of `src/scalars.ts`. */
const branded = (name: string): string => `../scalars.js#${name}`;

const config: CodegenConfig = {
  schema,
  documents: ["src/**/*.ts", "!src/gql/**"],
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: {
        fragmentMasking: false,
        // src/gql/persisted-documents.json is the manifest that the server is given for trusted documents.
        persistedDocuments: { hashAlgorithm: "sha256" },
      },
      config: {
        documentMode: "string",
        emitLegacyCommonJSImports: false,
        enumsAsTypes: true,
        useTypeImports: true,
        // A scalar that is not named here fails the build: nothing is ever `any`.
        strictScalars: true,
        defaultScalarType: "unknown",
        scalars: {
          ID: branded("Id"),
          Date: branded("Day"),
          DateTime: branded("Moment"),
          Decimal: branded("Decimal"),
          Nip: branded("Nip"),
          Period: branded("Period"),
        },
      },
    },
  },
};

export default config;
