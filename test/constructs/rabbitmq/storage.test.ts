import { brokerPodOf, brokerProblems, renderBroker, serverOf, statefulSetOf } from '../../support/broker-objects';

const dataVolumeOf = (objects: Parameters<typeof brokerPodOf>[0]) =>
  brokerPodOf(objects).volumes.find((volume: { name: string }) => volume.name === 'data');

describe('storage of RabbitmqCluster', () => {
  test('keeps volume claims unless told otherwise', () => {
    expect(statefulSetOf(renderBroker()).persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
    expect(statefulSetOf(renderBroker({ retention: { whenDeleted: 'Delete' } })).persistentVolumeClaimRetentionPolicy).toEqual({
      whenDeleted: 'Delete',
      whenScaled: 'Retain',
    });
  });

  test('keeps the data of an ephemeral node in its pod, within the size of the storage', () => {
    const objects = renderBroker({ nodes: 1, ephemeral: true, storage: '8Gi' });
    expect(statefulSetOf(objects)).not.toHaveProperty('volumeClaimTemplates');
    expect(statefulSetOf(objects)).not.toHaveProperty('persistentVolumeClaimRetentionPolicy');
    expect(dataVolumeOf(objects)).toEqual({ name: 'data', emptyDir: { sizeLimit: '8Gi' } });
    expect(serverOf(objects).volumeMounts).toContainEqual({ name: 'data', mountPath: '/var/lib/rabbitmq/mnesia' });
  });

  test('has room on the disk of the machine for the data of an ephemeral node, or the kubelet would evict it', () => {
    expect(serverOf(renderBroker({ nodes: 1, ephemeral: true, storage: '8Gi' })).resources.limits['ephemeral-storage']).toBe('8448Mi');
    expect(serverOf(renderBroker()).resources.limits['ephemeral-storage']).toBe('256Mi');
  });

  test('claims no volume in the pod besides', () => expect(dataVolumeOf(renderBroker())).toBeUndefined());

  test.each<[problem: string, options: Record<string, unknown>, lines: RegExp[]]>([
    ['an ephemeral cluster', { ephemeral: true }, [/^broker\.ephemeral: got true -> must not be set for 3 nodes: .* -> use nodes: 1/]],
    [
      'claims of an ephemeral node',
      { nodes: 1, ephemeral: true, storageClass: 'fast', retention: {} },
      [/^broker\.storageClass: got "fast" -> has no meaning with ephemeral/, /^broker\.retention: got \{\} -> has no meaning/],
    ],
    [
      'an unknown retention',
      { retention: { whenDeleted: 'Keep' } },
      [/^broker\.retention\.whenDeleted: got "Keep" -> must be one of "Retain"/],
    ],
    [
      'a misspelt retention',
      { retention: { whenDelete: 'Retain' } },
      [/^broker\.retention\.whenDelete: .* -> did you mean "whenDeleted"\?$/],
    ],
    ['a flag that is text', { ephemeral: 'yes' }, [/^broker\.ephemeral: got "yes" -> must be one of true, false/]],
  ])('refuses %s', (_, options, lines) => expect(brokerProblems(options)).toEqual(lines.map((line) => expect.stringMatching(line))));
});
