import { exec } from 'node:child_process';
import { promisify } from 'node:util';

export const IMAGE = 'registry.example.com/warren-worker:0.1.0';
const COMMAND = process.env['E2E_IMAGE_COMMAND'] ?? 'docker build -t {image} -f {dockerfile} {context} && kind load docker-image {image}';

/** Builds the image that the manifests name and brings it to the nodes, with a command given by the user. */
export async function loadImage(): Promise<void> {
  const filled = COMMAND.replaceAll('{image}', IMAGE).replaceAll('{dockerfile}', 'workers/Dockerfile').replaceAll('{context}', '.');
  await promisify(exec)(filled, { maxBuffer: 64 * 2 ** 20 });
}
