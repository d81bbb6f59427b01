/** A worker that reads one file for another worker: what it gets is a File and the port on which it is asked for bytes. */
import { blobSource } from '../engine/bytes';
import { serveSources } from './remoteSource';

self.onmessage = ({ data: { file, port } }: MessageEvent<{ file: File; port: MessagePort }>) =>
  serveSources(port, { has: () => true, open: () => Promise.resolve(blobSource(file)) });
