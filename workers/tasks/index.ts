export { add } from './add';
export { count } from './count';
export { lcs } from './lcs';
