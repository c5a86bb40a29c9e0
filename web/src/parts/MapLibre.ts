/** What draws maps, with its style and its worker from this server. */

import { setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

setWorkerUrl(new URL(worker, window.location.origin).href);

export { Map as Drawn, ScaleControl } from "maplibre-gl";
