export interface ImportScriptProps {
  readonly namespace: string;
  /** ConfigMap that holds definitions.json and hashes.sh. */
  readonly configMap: string;
  readonly managementUrl: string;
  /** Users to create, each with the Secret that holds its password; none when the users are there already. */
  readonly secrets: readonly (readonly [user: string, secret: string])[];
}

/**
 * Script for the owner of a broker: fetches the definitions, fills in hashes of the passwords in the Secrets, and hands them to the
 * management API. It can be repeated: what exists is left or updated, nothing is deleted (RabbitMQ documentation, definitions).
 */
export function importScript({ namespace, configMap, managementUrl, secrets }: ImportScriptProps): string {
  return `#!/bin/bash
# Brings everything that this task system needs into its broker. Repeat it after every change; it deletes nothing.
# Needs bash, GNU coreutils, curl, kubectl, and an administrator of the broker:
#   bash import.sh ADMINISTRATOR [MANAGEMENT_URL]
# The administrator's password is asked for, or read from standard input.
set -euo pipefail
umask 077

administrator=\${1:?give the name of an administrator of the broker}
url=\${2:-${managementUrl}}
IFS= read -rsp "Password of $administrator: " password

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CONFIG_DIR="$work" USERS_DIR="$work/users" RUNTIME_DIR="$work/filled"
mkdir "$USERS_DIR" "$RUNTIME_DIR"

value() { kubectl -n ${namespace} get "$1" "$2" -o go-template="{{ index .data \\"$3\\" $4 }}"; }

value configmap ${configMap} definitions.json '' >"$work/definitions.json"
${secrets.length > 0 ? fillHashes(configMap, secrets) : 'cp "$work/definitions.json" "$RUNTIME_DIR"'}

login=\${administrator//\\\\/\\\\\\\\}:\${password//\\\\/\\\\\\\\}
printf 'user = "%s"\\n' "\${login//\\"/\\\\\\"}" |
  curl --config - --silent --show-error --fail-with-body --header 'content-type: application/json' \\
    --data-binary "@$RUNTIME_DIR/definitions.json" "\${url%/}/api/definitions"
echo "imported"
`;
}

function fillHashes(configMap: string, secrets: ImportScriptProps['secrets']): string {
  return `value configmap ${configMap} hashes.sh '' >"$work/hashes.sh"
while read -r user secret; do
  mkdir "$USERS_DIR/$user"
  for key in username password; do
    value secret "$secret" "$key" '| base64decode' >"$USERS_DIR/$user/$key"
  done
done <<'USERS'
${secrets.map(([user, secret]) => `${user} ${secret}`).join('\n')}
USERS
bash "$work/hashes.sh"`;
}
