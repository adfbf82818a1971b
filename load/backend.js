// People at the ingress: 500 requests a second, then 1000, by as many users as it takes, at most 200.
//
//   k6 run load/backend.js
//
// BASE     where the ingress answers; http://api.local:8080 unless given
// ADDRESS  where its host is, if nothing else says so; 127.0.0.1 unless given
// API_PATH the backend's path below BASE; /api/info, which the demo image answers
// SECONDS  how long each of the two rates is held; 60 unless given
import http from 'k6/http';
import { check } from 'k6';

const base = __ENV.BASE || 'http://api.local:8080';
const path = __ENV.API_PATH || '/api/info';
const seconds = Number(__ENV.SECONDS || 60);
const host = base.replace(/^https?:\/\//, '').replace(/[:/].*$/, '');

export const options = {
  hosts: __ENV.ADDRESS === '' ? {} : { [host]: __ENV.ADDRESS || '127.0.0.1' },
  insecureSkipTLSVerify: true, // a laptop's own authority
  scenarios: {
    backend: {
      executor: 'ramping-arrival-rate',
      startRate: 100,
      timeUnit: '1s',
      preAllocatedVUs: 100,
      maxVUs: 200,
      stages: [
        { target: 500, duration: `${Math.ceil(seconds / 4)}s` },
        { target: 500, duration: `${seconds}s` },
        { target: 1000, duration: `${Math.ceil(seconds / 4)}s` },
        { target: 1000, duration: `${seconds}s` },
      ],
    },
  },
  // Those that the platform's own alerts go by: 1 % errors, a second at the 99th percentile.
  thresholds: {
    http_req_failed: ['rate<0.01'],
    http_req_duration: ['p(95)<500', 'p(99)<1000'],
    http_reqs: ['rate>500'],
    // A request that was due when all 200 users were waiting.
    dropped_iterations: ['rate<10'],
  },
};

export default function () {
  const answer = http.get(`${base}${path}`, { tags: { name: path } });
  check(answer, { 'is 200': (it) => it.status === 200 });
}
