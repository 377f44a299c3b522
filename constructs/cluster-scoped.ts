import { type ApiObject, JsonPatch } from 'cdk8s';

/** A chart puts its namespace on every object, but some kinds are in none, and the API server refuses them with one. */
export function clusterScoped<T extends ApiObject>(object: T): T {
  object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  return object;
}
