/** Opens the page's workers with typed events and error reporting. */
import labScript from '../../lab/worker?worker&url';
import modelsScript from '../../models/worker?worker&url';
import { startWorker } from '../parts/workers';

/**
 * Starts a worker. `crashed` is called when its script cannot be loaded or throws outside a run; the worker must then
 * be replaced.
 */
export function openWorker<Event>(
  receive: (event: Event) => void,
  crashed: (reason: string) => void,
): Worker {
  return connected(startWorker(labScript, 'lab'), receive, crashed);
}

/** Starts the worker that downloads models; see `openWorker`. */
export function openModelsWorker<Event>(
  receive: (event: Event) => void,
  crashed: (reason: string) => void,
): Worker {
  return connected(startWorker(modelsScript, 'models'), receive, crashed);
}

function connected<Event>(
  worker: Worker,
  receive: (event: Event) => void,
  crashed: (reason: string) => void,
): Worker {
  worker.onmessage = ({ data }: MessageEvent<Event>) => receive(data);
  worker.onmessageerror = () => crashed('The worker sent something that cannot be read');
  worker.onerror = (event) => {
    event.preventDefault();
    crashed(event.message || 'The worker could not be loaded, or the browser ended it');
  };
  return worker;
}
