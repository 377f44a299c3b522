import type { BrokerTls } from '../broker-tls';

export interface ImportScriptProps {
  readonly namespace: string;
  /** ConfigMap that holds definitions.json and hashes.sh. */
  readonly configMap: string;
  readonly managementUrl: string;
  readonly virtualHost: string;
  /** Users to create, each with the Secret that holds its password; none when the users are there already. */
  readonly secrets: readonly (readonly [user: string, secret: string])[];
  /** Who vouches for the management API; curl verifies the certificate in any case. */
  readonly tls?: BrokerTls;
}

/**
 * Script for the owner of a broker: fetches the definitions, fills in hashes of the passwords in the Secrets, and hands them to the
 * management API. It can be repeated: what exists is left or updated, nothing is deleted (RabbitMQ documentation, definitions).
 */
export function importScript(props: ImportScriptProps): string {
  const { namespace, configMap, managementUrl, secrets, tls } = props;
  const own = tls !== undefined && tls !== 'system' ? tls : undefined;
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

login=\${administrator//\\\\/\\\\\\\\}:\${password//\\\\/\\\\\\\\}
api() {
  printf 'user = "%s"\\n' "\${login//\\"/\\\\\\"}" |
    curl --config -${own ? ' --cacert "$work/ca.crt"' : ''} --silent --show-error --header 'content-type: application/json' "\${@:2}" "\${url%/}/api/$1"
}

${own ? `value secret ${own.secret} ${own.key} '| base64decode' >"$work/ca.crt"\n` : ''}value configmap ${configMap} definitions.json '' >"$work/definitions.json"
${secrets.length > 0 ? fillHashes(props) : 'cp "$work/definitions.json" "$RUNTIME_DIR"'}

api definitions --fail-with-body --data-binary "@$RUNTIME_DIR/definitions.json"
echo "imported"
`;
}

/** Users belong to the whole broker: one who works elsewhere would lose the password it has there. */
function fillHashes({ configMap, secrets, virtualHost }: ImportScriptProps): string {
  return `value configmap ${configMap} hashes.sh '' >"$work/hashes.sh"
while read -r user secret; do
  elsewhere=$(api "users/$user/permissions" | grep -o '"vhost":"[^"]*"' | grep -vxF '"vhost":"${virtualHost}"' || true)
  if [ -n "$elsewhere" ]; then
    echo "import: user $user works in another virtual host and would lose its password: delete it there, or use one Secret for all" >&2
    exit 1
  fi
  mkdir "$USERS_DIR/$user"
  for key in username password; do
    value secret "$secret" "$key" '| base64decode' >"$USERS_DIR/$user/$key"
  done
done <<'USERS'
${secrets.map(([user, secret]) => `${user} ${secret}`).join('\n')}
USERS
bash "$work/hashes.sh"`;
}
