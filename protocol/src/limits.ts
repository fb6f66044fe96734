/** Bounds that readers enforce. Everything that comes from a client or a sandbox is measured against these. */

const KiB = 1024
const MiB = 1024 * KiB

export const limits = {
  /** largest JSON body of the API, bytes */
  apiBodyBytes: 1 * MiB,
  /** values in it, in all lists and objects together */
  apiBodyValues: 10_000,
  /** largest JSON body of calls that anybody may make, such as signing in, bytes */
  publicBodyBytes: 16 * KiB,
  /** longest time for such a body to come, ms */
  apiBodyMs: 30_000,
  /** largest JSON body of a toolbox call, bytes; file contents travel in multipart and are not counted */
  toolboxBodyBytes: 16 * MiB,
  /** URL and headers of a request together, bytes */
  headBytes: 64 * KiB,
  /** time for them to come, ms */
  headMs: 30_000,
  /** silence after which the kernel asks whether the other end of a visitor's connection is still there, ms */
  tcpQuietMs: 30_000,
  /** longest path of a request with its query, characters */
  urlLength: 32 * KiB,
  /** longest sandbox name, characters */
  nameLength: 253,
  /** longest list of names that a sandbox may reach, characters: ten of them */
  domainListLength: 2600,
  /** networks, and names, that a sandbox is denied, and characters of these lists */
  denyListCount: 50,
  networkDenyListLength: 1000,
  domainDenyListLength: 13_000,
  /** longest URL of a repository, name of a branch, token of a git host, and folder in a repository, characters */
  repositoryLength: 2048,
  branchLength: 250,
  gitTokenLength: 4096,
  rootDirectoryLength: 1024,
  /** longest command of a preview environment's step, characters */
  environmentCommandLength: 8192,
  /** preview environments, and projects, of one organization */
  environmentCount: 500,
  projectCount: 200,
  /** tries of one step: the first and two more */
  stepTries: 3,
  /** what the log of one run holds, bytes */
  environmentLogBytes: 8 * MiB,
  /** largest webhook of a git host, bytes */
  gitHookBytes: 1 * MiB,
  /** longest time for it to come, ms: git hosts themselves give up after 10 s */
  gitHookMs: 10_000,
  /** most labels of a sandbox */
  labelCount: 100,
  /** longest label key or value, characters */
  labelLength: 1024,
  /** most environment variables of a sandbox or a call */
  envCount: 500,
  /** longest value of one environment variable, bytes: half of what Linux takes for one string */
  envValueBytes: 64 * KiB,
  /** all environment variables of a sandbox or a call together, bytes */
  envBytes: 512 * KiB,
  /** most sandboxes of one warm pool */
  warmPoolSize: 100,
  /** most warm pools of an organization */
  warmPoolCount: 50,
  /** longest email address, characters (RFC 5321) */
  emailLength: 254,
  /** shortest password that can be chosen, characters */
  passwordShortest: 10,
  /** longest password, characters; more would only cost time */
  passwordLongest: 256,
  /** organizations that one user makes (api.md 3.4) */
  organizationsPerUser: 10,
  /** organizations that one user belongs to */
  membershipsPerUser: 200,
  /** members of one organization */
  memberCount: 1000,
  /** invitations of one organization, or for one email, that wait for an answer */
  invitationCount: 200,
  /** roles that one organization makes, and roles assigned to one member */
  roleCount: 100,
  /** longest description of a role, characters */
  descriptionLength: 1000,
  /** longest reason of a suspension, characters */
  reasonLength: 500,
  /** longest grace period of a suspension, hours (a year) */
  graceHours: 8784,
  /** API keys of one user in one organization */
  apiKeysPerUser: 200,
  /** sessions of one user; the oldest ends for one more */
  sessionsPerUser: 50,
  /** entries of the audit log that are counted, and reached by page number; a token leads further */
  auditCount: 10_000,
  /** entries of the audit log of one organization that are kept; the oldest go first */
  auditEntries: 1_000_000,
  /** rows of one page of a listing */
  pageSize: 200,
  /** longest wait of a create or start call before it answers as it is, ms */
  startWaitMs: 30_000,
  /** longest interval, minutes (ten years) */
  intervalMinutes: 5_256_000,
  /** output of one `execute` or `code-run` that is kept, bytes; the rest is dropped and said so */
  executeOutputBytes: 32 * MiB,
  /** charts of one `code-run` together, bytes of JSON; those that do not fit are dropped and said so */
  chartBytes: 16 * MiB,
  /** log of one session command that is kept on the sandbox's disk, bytes; the rest is dropped and said so */
  sessionLogBytes: 256 * MiB,
  /** sessions of one sandbox at a time */
  sessionCount: 1000,
  /** commands that a session remembers, running ones included; the oldest ended ones are forgotten first */
  sessionCommandCount: 1000,
  /** text of a session command that is remembered for listings, characters; all of it runs */
  sessionCommandTextLength: 64 * KiB,
  /** log of the entrypoint that is kept on the sandbox's disk, bytes; the oldest is forgotten first */
  entrypointLogBytes: 32 * MiB,
  /** longest id of a session or terminal, characters */
  sessionIdLength: 255,
  /** terminals of one sandbox at a time */
  terminalCount: 128,
  /** most columns or rows of a terminal (toolbox.md 1.6) */
  terminalSize: 1000,
  /** recent output of a terminal that is kept for viewers who come back, bytes */
  terminalReplayBytes: 256 * KiB,
  /** largest message of a caller on a WebSocket of terminals, bytes */
  terminalInputBytes: 64 * KiB,
  /** input that waits for the program of a terminal before its callers must wait, bytes */
  terminalInputQueueBytes: 256 * KiB,
  /** viewers of one terminal at a time */
  terminalViewerCount: 256,
  /** output that a viewer of a terminal may be behind before the program is made to wait for it, bytes */
  terminalBehindBytes: 128 * KiB,
  /** a viewer may make the program of a terminal wait so long, ms; then it is let go */
  terminalBehindMs: 10_000,
  /** interpreter contexts of one sandbox at a time, the default one not counted */
  interpreterContextCount: 64,
  /** runs that wait in one interpreter context (toolbox.md 1.7) */
  interpreterQueue: 128,
  /** largest first message on the execute WebSocket, bytes */
  interpreterRequestBytes: 16 * MiB,
  /** language servers of one sandbox at a time */
  languageServerCount: 16,
  /** files open in one language server at a time */
  languageServerDocuments: 1000,
  /** largest file that a language server is given, bytes */
  languageServerFileBytes: 8 * MiB,
  /** entries of folders that are looked at for changes in the project of a language server */
  languageServerProjectEntries: 20_000,
  /** sources loaded to find the symbols of a project, in a language server that knows open files only */
  languageServerSources: 2000,
  /** largest message of a language server, bytes */
  languageServerMessageBytes: 64 * MiB,
  /** requests that one language server works on at a time */
  languageServerRequests: 64,
  /** time for a language server to start or to answer, ms */
  languageServerRequestMs: 60_000,
  /** time without a call after which the process of a language server ends; the next call starts it again, ms */
  languageServerIdleMs: 15 * 60_000,
  /** completions in one answer */
  languageServerCompletions: 1000,
  /** symbols in one answer */
  languageServerSymbols: 10_000,
  /** longest path inside a sandbox, bytes (PATH_MAX) */
  pathBytes: 4096,
  /** files in one listing or search answer */
  fileCount: 100_000,
  /** longest search through a folder, ms */
  walkMs: 120_000,
  /** matches in one find answer */
  matchCount: 10_000,
  /** longest line that find reads, bytes; longer ones are searched in pieces */
  findLineBytes: 1 * MiB,
  /** largest file that replace rewrites, bytes */
  replaceFileBytes: 64 * MiB,
  /** parts of one bulk upload */
  uploadParts: 20_000,
  /** largest Dockerfile, bytes */
  dockerfileBytes: 256 * KiB,
  /** build contexts of one Dockerfile */
  contextCount: 1000,
  /** program and arguments of an entrypoint, and characters of each */
  entrypointCount: 256,
  entrypointLength: 4096,
  /** log of one build or pull that is kept, bytes; the rest is dropped and said so */
  buildLogBytes: 8 * MiB,
  /** readers of build logs at a time, in all and of one organization */
  buildLogReaders: 1000,
  buildLogReadersOfOrganization: 200,
  /** time for one build or pull, ms (api.md 2.8) */
  buildMs: 60 * 60_000,
  /** builds and pulls at a time, of all and of one organization; the others wait */
  buildsAtOnce: 4,
  buildsOfOrganizationAtOnce: 2,
  /** a build that no sandbox asks for is kept for so long, ms */
  buildKeptMs: 7 * 24 * 3600_000,
  /** builds of one organization that are kept although no sandbox asks for them, and bytes of all of them */
  buildsKept: 20,
  buildsKeptBytes: 20 * 1024 * MiB,
  /** failed builds of one organization whose logs are kept */
  buildsFailedKept: 100,
  /** image registries of one organization (api.md 1.5) */
  registryCount: 100,
  /** longest name, URL and user name of a registry, characters */
  registryTextLength: 255,
  /** longest password of a registry, characters: tokens of cloud registries are long */
  registryPasswordLength: 16 * KiB,
  /** longest name of an image, characters */
  imageNameLength: 1024,
  /** layers of one image */
  imageLayers: 500,
  /** largest manifest or configuration of an image, bytes */
  imageManifestBytes: 4 * MiB,
  /** files of one layer of an image */
  imageLayerEntries: 2_000_000,
  /** output of one git command that is kept for its answer, bytes */
  gitOutputBytes: 64 * MiB,
  /** volumes of one organization at a time */
  volumeCount: 1000,
  /** volumes that one sandbox mounts */
  volumeMountCount: 32,
  /** longest path that a volume is mounted at, and of a folder of a volume, bytes */
  mountPathBytes: 1024,
  /** longest value of a secret, characters: it goes into a header, of which servers take little more */
  secretValueLength: 16 * KiB,
  /** hosts of one secret */
  secretHosts: 50,
  /** secrets of one sandbox */
  secretsOfSandbox: 50,
  /** secrets of an organization that are listed in one answer (api.md 1.4) */
  secretsListed: 1500,
  /** endpoints of webhooks of one organization */
  webhookEndpointCount: 50,
  /** longest URL of a webhook, characters */
  webhookUrlLength: 2048,
  /** longest description of a webhook, characters */
  webhookDescriptionLength: 1000,
  /** messages that wait for one endpoint; the oldest are given up first */
  webhookQueue: 10_000,
  /** messages of one endpoint that are remembered after they were delivered or given up */
  webhookLog: 10_000,
  /** time for an endpoint to answer, ms */
  webhookAnswerMs: 15_000,
  /** of an answer that is remembered, characters */
  webhookExcerptLength: 1000,
  /** time that a request waits for its sandbox to start, ms; of a page in a browser, which comes again by itself */
  arrivalWaitMs: 30_000,
  arrivalPageMs: 2_000,
  /** requests that wait so at a time, of all and for one sandbox */
  arrivalsWaiting: 2000,
  arrivalsOfSandbox: 200,
  /** time for a program to listen, after its sandbox was started for a request, ms */
  arrivalListenMs: 10_000,
  /** tokens for SSH of one sandbox at a time; the oldest ends for one more */
  sshAccessCount: 100,
  /** domains of one organization */
  domainCount: 100,
  /** longest life of a token for SSH, minutes (a year) */
  sshAccessMinutes: 525_600,
  /** connections by SSH of all, of one sandbox, and of one address that have not said who they are */
  sshConnections: 2000,
  sshConnectionsOfSandbox: 64,
  sshStrangersOfAddress: 64,
  /** connections by SSH of one address, or network of IPv6, in a minute that never said who they are */
  sshStrangersOfMinute: 300,
  /** connections by SSH that have not said who they are, of all */
  sshStrangers: 256,
  /** time for a caller to say who it is, ms */
  sshLoginMs: 30_000,
  /** wrong tokens of one connection; and of one address in a minute, which is then refused for the rest of it */
  sshTriesOfConnection: 4,
  sshTriesOfAddress: 30,
  /** channels of one connection: sessions and forwarded connections together */
  sshChannels: 128,
  /** programs of one connection */
  sshSessions: 32,
  /** listeners inside that one connection asks for */
  sshListeners: 32,
  /** variables that a client sends for one program, and bytes of all of them */
  sshEnvCount: 64,
  sshEnvBytes: 64 * KiB,
  /** what a connection by SSH may hold of both ways before its client is not read any more, bytes */
  sshHeldBytes: 8 * MiB,
  /** silence after which a client by SSH is asked whether it is there, ms, and how many questions it may not answer */
  sshQuietMs: 30_000,
  sshQuestions: 4,
  /** time for the agent to begin a program or connection, ms */
  attachMs: 15_000,
  /** frame of an attachment: of what streams, and of all else, bytes */
  attachDataBytes: 1 * MiB,
  attachFrameBytes: 512 * KiB,
  /** input of an attached program that waits for it, bytes */
  attachInputBytes: 512 * KiB,
  /** bytes that one side of a stream over a WebSocket may send beyond what the other has taken */
  byteStreamWindow: 1 * MiB,
  /** those who came to a listener and wait to be taken, and how long they do, ms */
  attachArrivals: 64,
  attachArrivalMs: 15_000,
  /** largest object that S3 takes: a build context, bytes */
  objectBytes: 5 * 1024 * MiB,
  /** objects of one organization, unfinished uploads included, bytes */
  objectBytesOfOrganization: 20 * 1024 * MiB,
  /** room that uploads leave on the file system, bytes */
  objectSpareBytes: 1024 * MiB,
  /** objects of one organization */
  objectCount: 1000,
  /** bodies that one organization uploads at a time */
  objectUploads: 16,
  /** bodies that all upload at a time */
  objectUploadsOfAll: 128,
  /** uploads in parts that one organization has under way */
  objectUnfinished: 20,
  /** parts of one upload */
  objectParts: 10_000,
  /** smallest part but the last, bytes */
  objectPartBytes: 5 * MiB,
  /** body that names the parts of an upload, bytes */
  objectPartListBytes: 4 * MiB,
  /** longest time without a byte of a body, ms */
  objectIdleMs: 60_000,
  /** longest time for one body, ms */
  objectUploadMs: 3600 * 1000,
  /** an upload in parts that rests so long is given up, ms */
  objectUnfinishedMs: 24 * 3600 * 1000,
  /** an object that nobody has used for so long is removed, ms */
  objectUnusedMs: 7 * 24 * 3600 * 1000,
  /** largest message of MCP over HTTP, bytes */
  mcpBodyBytes: 4 * MiB,
  /** longest command or piece of code that a tool takes, characters */
  mcpTextLength: 1 * MiB,
  /** of the output of a command, a log or a listing that a tool answers at once, characters: models read all of it */
  mcpOutputLength: 48 * KiB,
  /** largest file that a tool writes, and part of one that it reads at once, bytes */
  mcpFileBytes: 2 * MiB,
  /** sessions over HTTP, of all and of one caller; the one that rested longest ends for one more */
  mcpSessions: 1000,
  mcpSessionsOfCaller: 50,
  /** a session without a request, and without an open stream, ends after so long, ms */
  mcpSessionIdleMs: 8 * 3600_000,
  /** requests over HTTP, and calls of tools by HTTP, at a time, of all and of one caller */
  mcpRequests: 512,
  mcpRequestsOfCaller: 64,
  /** a caller takes nothing of its answer, ms */
  mcpUnreadMs: 60_000,
  /** answer of a sandbox to a tool, bytes; a command that prints more is told to write a file */
  mcpAnswerBytes: 8 * MiB,
  /** requests, and answers of sandboxes, that are held at a time, of all and of one caller, bytes */
  mcpHeldBytes: 256 * MiB,
  mcpHeldBytesOfCaller: 64 * MiB,
  /** calls in one request, as old clients send them */
  mcpBatch: 20,
} as const
