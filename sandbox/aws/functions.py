from sandbox.emulator import Refused
def call(token,args,region,account): raise Refused(f"the sandbox does not have the function {token}")
