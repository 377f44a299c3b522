/*
 * The shell scripts of the broker's pod. They take every path from the environment, so that tests run the same text outside a pod.
 */

const BEGIN = `#!/bin/bash
set -euo pipefail
umask 077
`;

const COPY_COOKIE = `
cp "$COOKIE_FILE" "$BROKER_HOME/.erlang.cookie"
chmod 600 "$BROKER_HOME/.erlang.cookie"
`;

/**
 * A hash is base64(salt + sha256(salt + password)) with a salt of four bytes (RabbitMQ documentation, passwords); made here with
 * coreutils because `rabbitmqctl hash_password` starts an Erlang machine for every user.
 */
const FILL_HASHES = `
fail() { echo "prepare: $1" >&2; exit 1; }
unhex() { printf "$(sed 's/../\\\\x&/g' <<<"$1")"; }

definitions=$(cat "$CONFIG_DIR/definitions.json")
for folder in "$USERS_DIR"/*/; do
  user=$(basename "$folder")
  [ "$(cat "$folder/username")" = "$user" ] || fail "key username of the Secret for $user must be '$user'"
  [ -s "$folder/password" ] || fail "key password of the Secret for $user is empty"
  [ "$(wc -l <"$folder/password")" = 0 ] || fail "key password of the Secret for $user holds a line break: create it with printf, not echo"
  salt=$(head -c 4 /dev/urandom | od -An -tx1 | tr -d ' \\n')
  digest=$({ unhex "$salt"; cat "$folder/password"; } | sha256sum | cut -d ' ' -f 1)
  hash=$(unhex "$salt$digest" | base64 -w 0)
  definitions=\${definitions//"HASH($user)"/$hash}
done
case $definitions in *'HASH('*) fail "a user of the definitions has no Secret" ;; esac
printf '%s\\n' "$definitions" >"$RUNTIME_DIR/definitions.json"
`;

/** Init container: copies the Erlang cookie to where only its owner reads it, and fills the password hashes into the definitions. */
export const PREPARE_SCRIPT = `${BEGIN}${COPY_COOKIE}${FILL_HASHES}`;

/** The hashes alone, where somebody else takes care of the cookie, or there is none. */
export const HASHES_SCRIPT = `${BEGIN}${FILL_HASHES}`;

/**
 * A node 0 with an empty volume would form a second cluster of its own; when another node already serves clients it is told to join that
 * one instead (RabbitMQ peer discovery: cluster_formation.k8s.seed_node).
 */
const JOIN_GUARD = `
serves_clients() { timeout 2 bash -c "exec 3<>/dev/tcp/$1/$AMQP_PORT" 2>/dev/null; }

if [ ! -d "$DATA_DIR/$RABBITMQ_NODENAME" ]; then
  for ((ordinal = 0; ordinal < NODES; ordinal++)); do
    peer="$STATEFUL_SET-$ordinal"
    if [ "$peer" != "$POD_NAME" ] && serves_clients "$peer.$NODES_DOMAIN"; then
      echo "start: empty volume, joining rabbit@$peer.$NODES_DOMAIN"
      echo "cluster_formation.k8s.seed_node = rabbit@$peer.$NODES_DOMAIN" >"$RABBITMQ_CONFIG_FILES/20-seed.conf"
      break
    fi
  done
fi
`;

/** Main container. */
export const START_SCRIPT = `#!/bin/bash
set -euo pipefail

mkdir -p "$RABBITMQ_CONFIG_FILES"
cp "$CONFIG_DIR/rabbitmq.conf" "$RABBITMQ_CONFIG_FILES/10-warren.conf"
cp "$CONFIG_DIR/user.conf" "$RABBITMQ_CONFIG_FILES/90-user.conf"
rm -f "$RABBITMQ_CONFIG_FILES/20-seed.conf"
${JOIN_GUARD}exec rabbitmq-server
`;

/**
 * Init container beside the cluster operator's own, which copies the cookie: fills the password hashes, and writes the seed into a file
 * that the server's container mounts, hence it is there in any case.
 */
export const OPERATOR_PREPARE_SCRIPT = `${HASHES_SCRIPT}
mkdir -p "$RABBITMQ_CONFIG_FILES"
: >"$RABBITMQ_CONFIG_FILES/20-seed.conf"
${JOIN_GUARD}`;
