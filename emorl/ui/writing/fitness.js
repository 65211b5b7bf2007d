// What a text's scores count with where several are compared, 0 to 1: the wider estimate that there is, or undefined. The
// twin of `ReplyScores.fitness` in Python. No DOM here.
export const fitness = ({ would_say: said, faithfulness }) => said ?? faithfulness?.score;
