// A Vulkan device without a GPU: SwiftShader, from Debian's package `chromium`, or Mesa's lavapipe (Debian 13 on).

import { existsSync } from 'node:fs';
import koffi from 'koffi';

/** Loader and driver. */
const DEVICES = [
  ['/usr/lib/chromium/libvulkan.so.1', '/usr/lib/chromium/vk_swiftshader_icd.json'],
  ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json'],
  ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/share/vulkan/icd.d/lvp_icd.json'],
];

const device = DEVICES.find((files) => files.every((file) => existsSync(file)));

export const hasSoftwareVulkan: boolean = device !== undefined;

let loader: ReturnType<typeof koffi.load> | undefined;

/** Makes it the device that WebGPU finds in this process; call before the first program. */
export function useSoftwareVulkan(): void {
  if (!device || loader) return;
  const [library, driver] = device;
  // The driver is read from the environment of the process, of which a test sees a copy.
  koffi.load(null).func('int setenv(const char *, const char *, int)')(
    'VK_ICD_FILENAMES',
    driver,
    1,
  );
  loader = koffi.load(library, { global: true });
}
