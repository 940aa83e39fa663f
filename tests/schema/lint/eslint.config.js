// Every schema rule of GraphQL ESLint as an error; what is set or switched off differently says why.
import { readFileSync } from "node:fs";
import plugin from "@graphql-eslint/eslint-plugin";
import { buildSchema, isInterfaceType, isObjectType } from "graphql";

const SCHEMA = "schema/schema.graphql";

// These have no identity of their own: they are seen through the thing that holds them, and a cache keeps them there.
const VALUES = [
  "AppraiserLine",
  "AssignmentPreview",
  "AssignmentCandidate",
  "EffectQuarter",
  "EffectStudy",
  "Incumbency",
  "ModelMetric",
  "Monitoring",
  "PageInfo",
  "PlanIndicator",
  "PositionIndicator",
  "RiskReason",
  "UnitSummary",
];

// A fault that is none, with its reason; one that no longer occurs must go from here.
export const EXCUSED = new Map([
  ["Unit.units", "the units below a unit: the plural of the type is the word for them"],
]);

const every = ["flat/schema-recommended", "flat/schema-all", "flat/schema-relay"].flatMap((name) =>
  Object.entries(plugin.configs[name].rules),
);

const naming = Object.fromEntries(every)["@graphql-eslint/naming-convention"][1];

export const rules = (schema) => ({
  ...Object.fromEntries(every),
  "@graphql-eslint/input-name": [
    "error",
    { checkInputType: true, checkQueries: false, caseSensitiveInputType: false },
  ],
  "@graphql-eslint/naming-convention": [
    "error",
    {
      ...naming,
      InputObjectTypeDefinition: { requiredSuffixes: ["Input", "Where", "By"] },
      "UnionTypeDefinition,UnionTypeExtension": { requiredSuffixes: ["Result"] },
    },
  ],
  "@graphql-eslint/relay-edge-types": [
    "error",
    // A list that a rule bounds, as the four quarters of a year, is a plain list.
    { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: true, withEdgeSuffix: true },
  ],
  "@graphql-eslint/require-description": [
    "error",
    {
      types: true,
      rootField: true,
      DirectiveDefinition: true,
      EnumValueDefinition: true,
      FieldDefinition: true,
      InputValueDefinition: true,
    },
  ],
  "@graphql-eslint/strict-id-in-types": [
    "error",
    { exceptions: { types: [...VALUES, ...valuesOf(schema)], suffixes: ["Connection", "Edge"] } },
  ],

  // Fields stand in the order in which they are read, and enum values in their rank: SANGAT_BAIK before BAIK.
  "@graphql-eslint/alphabetize": "off",
  // There are mutations and subscriptions.
  "@graphql-eslint/no-root-type": "off",
  // It wants an argument of @deprecated that the specification does not have. Ours say the day in their reason, and
  // the schema does not build without it.
  "@graphql-eslint/require-deprecation-date": "off",
  // A list is never absent: it is empty where nothing is seen. What fails on it is the request, as a whole.
  "@graphql-eslint/require-nullable-result-in-root": "off",
});

// Refusals, and what an event wraps around the thing that it tells of.
function valuesOf(schema) {
  const subscription = schema.getSubscriptionType();
  const events = subscription ? Object.values(subscription.getFields()).map((field) => String(field.type)) : [];
  const refusals = Object.values(schema.getTypeMap())
    .filter(
      (type) =>
        isObjectType(type) && type.getInterfaces().some((each) => isInterfaceType(each) && each.name === "Refusal"),
    )
    .map((type) => type.name);
  return [...refusals, ...events.map((name) => name.replaceAll("!", ""))];
}

export const config = (path) => [
  {
    files: ["**/*.graphql"],
    plugins: { "@graphql-eslint": plugin },
    languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema: path } } },
    rules: rules(buildSchema(readFileSync(path, "utf8"))),
  },
];

export default config(SCHEMA);
