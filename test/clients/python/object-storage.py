"""Uploads a folder twice as the published client does for images with local files, and says what became of it."""

import asyncio
import json
import os
import sys

from daytona._async.object_storage import AsyncObjectStorage
from obstore.store import S3Store

access = json.loads(os.environ["PUSH_ACCESS"])
names = ["storageUrl", "accessKey", "secret", "sessionToken", "bucket"]
storage = AsyncObjectStorage(*(access[name] for name in names), region=access["region"])
if access["storageUrl"].startswith("http://"):
    # The client itself lets its library speak HTTPS only.
    storage.store = S3Store(
        bucket=access["bucket"],
        endpoint=access["storageUrl"],
        region=access["region"],
        access_key_id=access["accessKey"],
        secret_access_key=access["secret"],
        session_token=access["sessionToken"],
        client_options={"allow_http": True},
    )


async def main() -> None:
    folder = sys.argv[1]
    first = await storage.upload(folder, access["organizationId"], "context")
    again = await storage.upload(folder, access["organizationId"], "context")
    print(json.dumps([first, again]))
    key = f"{access['organizationId']}/{first}/context.tar"
    found = await storage.store.get_async(key)
    print(len(await found.bytes_async()))
    try:
        await storage.upload(folder, "22222222-2222-4222-8222-222222222222", "context")
        print("taken")
    except Exception as error:
        print(type(error).__name__)


asyncio.run(main())
