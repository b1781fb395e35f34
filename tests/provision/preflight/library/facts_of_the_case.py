"""A module for tests: a host with the facts that a case gives it."""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(argument_spec={"facts": {"type": "dict", "required": True}})
    module.exit_json(ansible_facts={f"ansible_{name}": value for name, value in module.params["facts"].items()})


if __name__ == "__main__":
    main()
