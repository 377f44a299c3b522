import { canInstallPackages, debianMirror, installPackages } from './apt';
import { cached } from './cache';
import { boundToUs, run } from './processes';

/**
 * Debian's unstable suite carries the current RabbitMQ. Its Release file may be past its date on a mirror that stands still; apt
 * inside must not refuse it. policy-rc.d keeps packages from starting services. Documentation and translations stay out.
 */
const BUILD = `#!/bin/sh
set -eu
debootstrap --variant=minbase sid "$ROOT" "$MIRROR"
printf '#!/bin/sh\\nexit 101\\n' >"$ROOT/usr/sbin/policy-rc.d"
chmod 755 "$ROOT/usr/sbin/policy-rc.d"
for part in doc man locale info; do
  rm -rf "$ROOT/usr/share/$part"
  echo "path-exclude=/usr/share/$part/*" >>"$ROOT/etc/dpkg/dpkg.cfg.d/small"
done
in_root() { DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$ROOT" "$@"; }
in_root apt-get -o Acquire::Check-Valid-Until=false update
in_root apt-get install -y --no-install-recommends rabbitmq-server
in_root apt-get clean
rm -rf "$ROOT"/var/lib/apt/lists/*
`;

/** The root folder of a Debian with RabbitMQ in it, inside the cache; made on first use. Debian and root only. */
export async function debootstrapRabbitmq(): Promise<string> {
  if (!(await canInstallPackages())) throw new Error('not root on Debian, which could install RabbitMQ in a folder');
  return cached({ name: 'rabbitmq-sid', recipe: BUILD, build });
}

async function build(root: string): Promise<void> {
  const has = await run(['debootstrap', '--version']).catch(() => undefined);
  if (has === undefined) await installPackages('debootstrap');
  // In namespaces of its own: what debootstrap mounts and starts is gone when it ends, also when it is cut short.
  const isolated = [...boundToUs('KILL'), 'unshare', '--mount', '--pid', '--fork', '--kill-child'];
  await run([...isolated, 'sh', '-c', BUILD], { env: { ...process.env, ROOT: root, MIRROR: await debianMirror() } });
}
